import { expect, it } from 'vitest';
import { done, refused, type Outcome } from '@/shared/refusal';
import { loaded } from './loading';

it('goes from loading to here, to failed, and back', async () => {
  const answers: Outcome<number>[] = [done(1), refused({ code: 'x', message: '不行' }), done(2)];
  const what = loaded(() => Promise.resolve(answers.shift() as Outcome<number>));
  const seen: unknown[] = [what.state.value];
  for (let round = 0; round < 3; round += 1) {
    await what.load();
    seen.push([what.state.value, what.value.value]);
  }
  expect(seen).toEqual(['loading', ['here', 1], ['failed', 1], ['here', 2]]);
});

it('takes the answer to the latest question', async () => {
  const answering: ((outcome: Outcome<string>) => void)[] = [];
  const what = loaded(() => new Promise<Outcome<string>>((resolve) => answering.push(resolve)));
  const both = [what.load(), what.load()];
  answering[1]?.(done('second'));
  answering[0]?.(done('first'));
  await Promise.all(both);
  expect(what.value.value).toBe('second');
  expect(what.busy.value).toBe(false);
});
