import { describe, expect, it } from 'vitest';
import { initials, matchesInitials, toldInitials } from './pinyin';

const first = (name: string) =>
  initials(name)
    .map((letters) => letters.charAt(0))
    .join('');

describe('initials', () => {
  it.each([
    ['普通病房床位费', 'ptbfcwf'],
    ['药物洗脱冠脉支架', 'ywxtgmzj'],
    ['吻合器', 'whq'],
    ['头孢曲松钠', 'tbqsn'],
    ['氯化钠注射液', 'lhnzsy'],
    ['（甲）维生素B1', 'jwssb1'],
  ])('%s is %s', (name, letters) => {
    expect(first(name)).toBe(letters);
  });

  it('are found anywhere in a name, in every reading', () => {
    const bed = initials('重症监护病房床位费');
    expect(['zzjh', 'czjh', 'cwf', 'ZZ', ''].every((typed) => matchesInitials(bed, typed))).toBe(true);
    expect(['zzb', 'cwfx', 'jhz'].some((typed) => matchesInitials(bed, typed))).toBe(false);
  });
});

describe('initials that a node has told', () => {
  it.each([
    ['重症监护病房床位费', 'CZJHBFCWF', ['zzjh', 'czjh', 'cwf'], ['zzb']],
    ['（甲）维生素B1', 'JWSSB1', ['wssb1', 'jw'], ['b2']],
    // Cut off: what is there counts.
    ['长期医嘱', 'CQ', ['zq', 'cq'], ['qyz']],
    ['无', '', [], ['w']],
  ])('%s', (name, told, found, missed) => {
    const letters = toldInitials(name, told);
    expect(found.every((typed) => matchesInitials(letters, typed))).toBe(true);
    expect(missed.some((typed) => matchesInitials(letters, typed))).toBe(false);
  });
});
