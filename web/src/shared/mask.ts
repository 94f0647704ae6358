/** Covering personal data as the server covers it. Nodes mask what they answer to clerks; a hospital's own patients come whole. */

/** 身份号码: the division and the last four stay. */
export const maskedCitizen = (number: string): string => masked(number, 6, 4);

/** 姓名: the first character stays. */
export const maskedName = (name: string): string => {
  const [first = '', ...rest] = [...name];
  return first + '*'.repeat(rest.length);
};

/** 手机号. */
export const maskedPhone = (number: string): string => masked(number, 3, 4);

/** A bank account's number: its last four digits. */
export const maskedAccount = (number: string): string => masked(number, 0, 4);

/** What is covered, short enough for a table: how long it was helps nobody. */
export const shortened = (text: string): string => text.replaceAll(/\*{5,}/g, '****');

function masked(text: string, before: number, after: number): string {
  if (text.length <= before + after) return '*'.repeat(text.length);
  return text.slice(0, before) + '*'.repeat(text.length - before - after) + text.slice(-after);
}
