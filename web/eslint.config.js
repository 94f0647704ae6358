import vue from 'eslint-plugin-vue';
import tseslint from 'typescript-eslint';
import prettier from 'eslint-config-prettier';
import vueParser from 'vue-eslint-parser';

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'src/generated/**', 'e2e/pictures/**'] },
  ...tseslint.configs.strict,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parser: vueParser, parserOptions: { parser: tseslint.parser } },
  },
  {
    rules: {
      eqeqeq: 'error',
      // What is computed from the clock is given the time; one module asks for it.
      'no-restricted-globals': ['error', { name: 'localStorage', message: 'Use ui/preferences.' }],
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "CallExpression[callee.name='parseFloat'], CallExpression[callee.property.name='toFixed']",
          message: 'Money and quantities are integers: shared/money, shared/decimal.',
        },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Use shared/clock.' },
      ],
      'vue/multi-word-component-names': 'off',
      'vue/no-v-html': 'error',
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-macros-order': 'error',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
    },
  },
  prettier,
);
