import { describe, expect, it } from 'vitest';
import { base64Of, nextKind, sizeInWords, wantedInWords, wrongWith } from './materials';

describe('a file', () => {
  it.each([
    ['居住证.JPG', 100, ''],
    ['合同.pdf', 5 * 1024 * 1024, ''],
    ['合同.pdf', 5 * 1024 * 1024 + 1, '文件超过5MB'],
    ['合同.docx', 100, '只收PDF'],
    ['空.png', 0, '空的'],
  ])('%s of %d bytes', (name, size, words) => {
    const wrong = wrongWith({ name, size });
    if (words === '') expect(wrong).toBe('');
    else expect(wrong).toContain(words);
  });

  it.each([0, 1, 2, 3, 0x6000 - 1, 0x6000, 0x6000 + 1, 100_000])(
    'of %d bytes is sent whole',
    async (size) => {
      const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 7) % 256);
      const text = await base64Of(new Blob([bytes]));
      const back = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
      expect(back).toEqual(bytes);
    },
  );

  it.each([
    [1, '1 KB'],
    [88_000, '86 KB'],
    [1_258_291, '1.2 MB'],
    [5 * 1024 * 1024, '5 MB'],
  ])('%d bytes are %s', (bytes, words) => expect(sizeInWords(bytes)).toBe(words));
});

it('says what is missing, and offers it', () => {
  const wanted = [
    { one_of: [{ kind: 'identity', name: '身份证件' }] },
    {
      one_of: [
        { kind: 'work', name: '工作合同' },
        { kind: 'commitment', name: '个人承诺书' },
      ],
    },
  ];
  expect(wantedInWords(wanted)).toBe('身份证件；工作合同或个人承诺书');
  expect([nextKind(wanted), nextKind([])]).toEqual(['identity', 'other']);
});
