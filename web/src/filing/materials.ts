/** 备案材料: which kinds there are, which files are taken, and a file as the node reads it. */

import type { components } from '@/generated/province';
import type { Outcome } from '@/shared/refusal';

export type Materials = components['schemas']['Materials'];
export type Material = components['schemas']['MaterialView'];
export type Wanted = components['schemas']['WantedMaterial'];

/** All kinds, in the order in which they are offered. */
export const KINDS = [
  ['identity', '身份证件'],
  ['household', '户口簿首页和本人登记卡'],
  ['residence', '居住证等长期居住证明'],
  ['work', '派出证明或工作合同'],
  ['referral', '转诊转院证明'],
  ['commitment', '个人承诺书'],
  ['form', '登记备案表'],
  ['other', '其他材料'],
] as const;

/** What a file chooser offers. */
export const ACCEPT = '.pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png';
export const BYTES_MAX = 5 * 1024 * 1024;

/** What a page does with the materials of one filing. */
export interface MaterialSource {
  readonly load: () => Promise<Outcome<Materials>>;
  readonly add: (kind: string, content: string) => Promise<Outcome<Materials>>;
  readonly remove: (number: number) => Promise<Outcome<Materials>>;
  /** Where the content of one is. */
  readonly url: (number: number) => string;
}

/** What is wrong with a file, before it is sent; the node looks at what is in it. */
export function wrongWith(file: Pick<File, 'size' | 'name'>, most = BYTES_MAX): string {
  if (!/\.(pdf|jpe?g|png)$/i.test(file.name)) return '只收PDF、JPG、PNG文件，请另存或拍照后再选';
  if (file.size === 0) return '这个文件是空的，请重新选择';
  return file.size > most ? `文件超过${Math.floor(most / 1024 / 1024)}MB，请压缩或降低拍照清晰度后再选` : '';
}

/** The content of a file in Base64. */
export async function base64Of(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const parts: string[] = [];
  // A call takes only so many arguments; a number of bytes that three divides needs no filling up in between.
  const AT_ONCE = 0x6000;
  for (let at = 0; at < bytes.length; at += AT_ONCE) {
    parts.push(btoa(String.fromCharCode(...bytes.subarray(at, at + AT_ONCE))));
  }
  return parts.join('');
}

/** `1.2 MB`, `86 KB`. */
export function sizeInWords(bytes: number): string {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  return `${(Math.round((bytes * 10) / 1024 / 1024) / 10).toString()} MB`;
}

/** `身份证件；居住证等长期居住证明或个人承诺书`. */
export const wantedInWords = (wanted: readonly Wanted[]): string =>
  wanted.map((group) => group.one_of.map((one) => one.name).join('或')).join('；');

/** The kind that somebody most likely wants to hand in next. */
export const nextKind = (wanted: readonly Wanted[]): string => wanted[0]?.one_of[0]?.kind ?? 'other';
