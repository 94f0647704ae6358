/** 公民身份号码: what its eighteen characters say, checked before it is sent anywhere. */

import { parseDay, type Day } from './day';

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = '10X98765432';

export interface Citizen {
  readonly number: string;
  readonly birth: Day;
  readonly sex: '男' | '女';
}

/** Reads an identity number, or says in Chinese what is wrong with it. */
export function readCitizen(text: string): Citizen | string {
  const number = text.replaceAll(/\s/g, '').toUpperCase();
  if (!/^\d{17}[\dX]$/.test(number)) return '公民身份号码应为18位数字，末位可为X';
  const birth = parseDay(`${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`);
  if (birth === undefined) return '公民身份号码中的出生日期不存在，请核对';
  const total = WEIGHTS.reduce((all, weight, at) => all + weight * Number(number.charAt(at)), 0);
  if (CHECKS.charAt(total % 11) !== number.charAt(17)) return '公民身份号码校验位不符，请核对';
  return { number, birth, sex: Number(number.charAt(16)) % 2 === 1 ? '男' : '女' };
}
