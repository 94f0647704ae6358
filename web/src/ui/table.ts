/** Columns of a table. */

export interface Column<R> {
  readonly key: string;
  readonly title: string;
  /** What stands in the cell, where no slot of the column's key says otherwise. */
  readonly text?: (row: R) => string | number | null | undefined;
  /** Figures stand at the right. */
  readonly figures?: boolean;
  /** `6rem`; free where it is not said. */
  readonly width?: string;
  /** Words may run over several lines; all else stays on one. */
  readonly wraps?: boolean;
  /** Left out on a phone. */
  readonly minor?: boolean;
}
