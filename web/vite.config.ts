/// <reference types="vitest/config" />
import vue from '@vitejs/plugin-vue';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { gateway } from './dev/gateway.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [vue(), gateway()],
  resolve: { alias: { '@': here('./src') } },
  build: {
    target: 'es2022',
    // Everything is served by the node itself; nothing is fetched from elsewhere.
    assetsInlineLimit: 2048,
    rolldownOptions: { input: { console: here('./console.html'), portal: here('./portal.html') } },
    chunkSizeWarningLimit: 700,
  },
  server: { host: '127.0.0.1', port: 5180, strictPort: true },
  preview: { host: '127.0.0.1', port: 5181, strictPort: true },
  test: { include: ['src/**/*.test.ts', 'dev/**/*.test.ts'], environment: 'node' },
});
