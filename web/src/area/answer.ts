/** 统筹区的确认和异议: what is typed of a dispute, and how an answer is marked. Pure. */

/** The most settlements of one dispute. */
export const DISPUTED_MAX = 500;

/** The settlements that were typed, each once; or what is wrong with them. */
export function disputed(text: string): readonly string[] | string {
  const named = [...new Set(text.split(/[\s,，;；、]+/).filter((id) => id !== ''))];
  if (named.length === 0) return '请列出有异议的结算ID';
  if (named.length > DISPUTED_MAX) return `一次至多${DISPUTED_MAX}笔`;
  const wrong = named.find((id) => !/^\d{30}$/.test(id));
  return wrong === undefined ? named : `结算ID为30位数字：${wrong}`;
}

/** An answer as a colour beside its words. */
export function tagOf(verdict: string): 'good' | 'warn' | 'bad' | '' {
  if (verdict === 'confirmed' || verdict === 'deemed') return 'good';
  if (verdict === 'awaited') return 'warn';
  return verdict === 'disputed' ? 'bad' : '';
}

/** Whether an area may dispute its part: until somebody has decided, and after it has confirmed up to the day on which it sends up. */
export const mayDispute = (verdict: string, today: string, due: string): boolean =>
  verdict === 'awaited' || verdict === 'disputed' || (verdict === 'confirmed' && today <= due);
