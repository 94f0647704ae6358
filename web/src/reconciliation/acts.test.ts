import { expect, it } from 'vitest';
import { actsOn, correctionActs, STAGES } from './acts';

it('offers what the field allows at each stage', () => {
  const at = (stage: string) => actsOn(stage).map(({ act }) => act);
  expect(at('open')).toEqual(['explain', 'confirm', 'assign']);
  expect(at('mended')).not.toContain('explain');
  expect(at('explained')).not.toContain('explain');
  expect(at('confirmed')).toEqual(['reopen']);
  expect(at('unheard of')).toEqual([]);
  for (const [stage] of STAGES.slice(1)) expect(at(stage).length).toBeGreaterThan(0);
});

it('lets only deciders confirm', () => {
  expect(
    actsOn('open')
      .filter(({ by }) => by === 'decide-differences')
      .map(({ act }) => act),
  ).toEqual(['confirm']);
});

it('has one ask for a correction and another decide', () => {
  const at = (differs: string, last?: string) => correctionActs(differs, last).map(({ act }) => act);
  expect(at('open')).toEqual(['propose']);
  expect(at('confirmed', 'refused')).toEqual(['propose']);
  expect(at('confirmed', 'proposed')).toEqual(['approve', 'refuse']);
  expect(at('mended')).toEqual([]);
  expect(at('confirmed', 'corrected')).toEqual([]);
  const deciders = new Set(correctionActs('confirmed', 'proposed').map(({ by }) => by));
  expect([...deciders]).toEqual(['decide-differences']);
  expect(correctionActs('open', undefined).map(({ by }) => by)).toEqual(['work-differences']);
});
