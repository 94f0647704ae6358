/** 省内划转: which claims of areas on each other can be passed on, as the field says (funds, area_clearing). Pure. */

import type { components } from '@/generated/province';
import { readAmount } from '@/shared/money';

type Area = components['schemas']['AreaStatementView'];
type Line = components['schemas']['AreaLineView'];

/** The lines between areas of this province whose debtor has paid their scheme and purse in full, and that have not been passed on. */
export function ready(areas: readonly Area[], province: string): readonly Line[] {
  return areas.flatMap((area) => {
    // What is disputed may leave the month.
    if (area.answer.verdict === 'disputed') return [];
    const owes = new Set(
      area.open
        .filter((purse) => readAmount(purse.amount) > 0n)
        .map((purse) => `${purse.scheme} ${purse.purse}`),
    );
    return area.lines.filter(
      (line) =>
        line.treatment.slice(0, 2) === province.slice(0, 2) &&
        readAmount(line.amount) > 0n &&
        !line.passed_on &&
        !owes.has(`${line.scheme} ${line.purse}`),
    );
  });
}

/** What a list of areas shows: all of them, those that have yet to send up, those whose money can be passed on, or those that dispute. */
export function asShown(areas: readonly Area[], show: string, province: string): readonly Area[] {
  if (show === 'open') return areas.filter((area) => readAmount(area.still_owed) > 0n);
  if (show === 'disputed') return areas.filter((area) => area.answer.verdict === 'disputed');
  return show === 'ready' ? areas.filter((area) => ready([area], province).length > 0) : areas;
}
