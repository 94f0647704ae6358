import { expect, it } from 'vitest';
import { stepsOf } from './stages';

const shown = (stage: string, unanswered: string[] = [], disputed: string[] = []) =>
  stepsOf({ stage, unanswered, disputed })
    .map((step) => ({ done: '+', now: '>', later: '.' })[step.state])
    .join('');

it('says how far a month is', () => {
  expect(shown('closed')).toBe('+>...');
  expect(shown('planned')).toBe('++>..');
  expect(shown('adopted', ['420000'])).toBe('+++>.');
  expect(shown('adopted', [], ['110000-420000'])).toBe('+++>.');
  expect(shown('adopted')).toBe('++++>');
  expect(shown('noticed')).toBe('+++++');
});
