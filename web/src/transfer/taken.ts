/** What taking a file of the bank came to, in words. */

import type { components } from '@/generated/province';

export function taken(of: components['schemas']['TakenStatements']): string {
  if (of.entries === 0) return `对账单${of.statements}份此前已导入，没有新的流水`;
  const parts = [`划拨款项${of.matched}笔`, `待查款项${of.unidentified}笔`];
  if (of.fees > 0) parts.push(`银行收费${of.fees}笔`);
  const before = of.entries_before > 0 ? `；${of.entries_before}笔此前已导入` : '';
  return `已导入对账单${of.statements}份，新流水${of.entries}笔：${parts.join('，')}${before}`;
}
