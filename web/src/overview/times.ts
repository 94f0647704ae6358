/** How long answers took, in words. Times are told by bounds: they were over within so long. */

/** `250毫秒`, `2.5秒`; what is beyond all bounds is said to be. */
export function millis(within: number | null | undefined): string {
  if (within === null || within === undefined) return '30秒以上';
  if (within < 1000) return `${within}毫秒`;
  const tenths = Math.round(within / 100);
  return tenths % 10 === 0 ? `${tenths / 10}秒` : `${Math.floor(tenths / 10)}.${tenths % 10}秒`;
}
