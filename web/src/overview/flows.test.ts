import { expect, it } from 'vitest';
import { chosenFlows, type Flow } from './flows';

const flow = (insured: string, treatment: string) => ({ insured, treatment }) as Flow;
const [there, back, other] = [flow('110000', '420000'), flow('420000', '110000'), flow('330000', '110000')];

it('keeps what was chosen, a pair with its way back', () => {
  const all = [there, back, other];
  expect(chosenFlows(all, '')).toEqual(all);
  expect(chosenFlows(all, '110000-420000')).toEqual([there, back]);
  expect(chosenFlows(all, '330000')).toEqual([other]);
  expect(chosenFlows(all, '110000')).toEqual(all);
});
