/**
 * A list whose state is in the address: filter, sort, page. Whoever reloads, goes back or sends the address on sees the same list.
 *
 * Several lists of one page have prefixes. What must not stand in an address (an identity number) is no filter: keep it in the
 * page and put it into the question.
 */

import { computed, onMounted, reactive, watch, type ComputedRef } from 'vue';
import { useRoute, useRouter, type LocationQuery, type LocationQueryRaw } from 'vue-router';
import { done, type Outcome } from '@/shared/refusal';
import { loaded, type Loaded } from './loading';

export type Filters = Record<string, string>;

/** One page of rows. */
export interface Rows<R> {
  readonly rows: readonly R[];
  /** What the next page is asked for with; none on the last. */
  readonly next?: string | null | undefined;
}

/** What of a list stands in the address. */
export interface ListState<F extends Filters> {
  readonly filters: F;
  readonly sort: string;
  /** What the pages up to this one began with; empty on the first. */
  readonly pages: readonly string[];
}

export interface Listing<R, F extends Filters> {
  /** What the form holds; it counts once `apply` is called. */
  readonly draft: F;
  readonly state: ComputedRef<ListState<F>>;
  readonly answer: Loaded<Rows<R>>;
  readonly rows: ComputedRef<readonly R[]>;
  /** Which page this is, from one. */
  readonly page: ComputedRef<number>;
  /** Whether there is another page after this one. */
  readonly more: ComputedRef<boolean>;
  /** Takes the form over, and begins on the first page. */
  apply(): void;
  sortBy(sort: string): void;
  forward(): void;
  back(): void;
  /** Asks for the same again. */
  load(): Promise<void>;
  /** The rows of all pages, from the first; `more` if there are more than these. For files. */
  all(): Promise<Outcome<{ rows: readonly R[]; more: boolean }>>;
}

export interface Asked<F extends Filters> extends ListState<F> {
  readonly after: string | undefined;
}

export interface Options<R, F extends Filters> {
  /** Before the names of its query values, where a page has several lists. */
  readonly prefix?: string;
  readonly filters: F;
  readonly sort?: string;
  readonly ask: (asked: Asked<F>) => Promise<Outcome<Rows<R>>>;
  /** Whether it is asked at once; otherwise when somebody applies a filter. */
  readonly waits?: boolean;
}

/** So many rows of a list at most go into a file that the page makes of it. */
export const FILE_ROWS_MAX = 5_000;

/** Asks for one page after the other until the last, or until there are enough. */
export async function everyPage<R>(
  ask: (after: string | undefined) => Promise<Outcome<Rows<R>>>,
  most = FILE_ROWS_MAX,
): Promise<Outcome<{ rows: readonly R[]; more: boolean }>> {
  const rows: R[] = [];
  let after: string | undefined;
  do {
    const outcome = await ask(after);
    if (!outcome.ok) return outcome;
    rows.push(...outcome.value.rows);
    const next = outcome.value.next ?? '';
    // A page that leads to itself would be asked for again and again.
    after = next === '' || next === after ? undefined : next;
  } while (after !== undefined && rows.length < most);
  return done({ rows: rows.slice(0, most), more: after !== undefined || rows.length > most });
}

/** Between the pages' beginnings in the address: no node's cursor has it. */
const BETWEEN = '~';

/** Reads a list's state out of an address. */
export function readState<F extends Filters>(
  query: LocationQuery,
  prefix: string,
  filters: F,
  sort: string,
): ListState<F> {
  const one = (name: string) => {
    const value = query[prefix + name];
    return typeof value === 'string' ? value : undefined;
  };
  const found = { ...filters };
  for (const name of Object.keys(filters) as (keyof F & string)[]) {
    const value = one(name);
    if (value !== undefined) found[name] = value as F[typeof name];
  }
  const pages = one('pages');
  return { filters: found, sort: one('sort') ?? sort, pages: pages ? pages.split(BETWEEN) : [] };
}

/** Writes it, and leaves out what is as it is anyway; what other lists have there stays. */
export function writeState<F extends Filters>(
  query: LocationQuery,
  prefix: string,
  filters: F,
  sort: string,
  state: ListState<F>,
): LocationQueryRaw {
  const result: LocationQueryRaw = { ...query };
  const put = (name: string, value: string, usual: string) => {
    // A name out of the prefix's own list only: another list's may begin alike.
    if (value === usual) Reflect.deleteProperty(result, prefix + name);
    else result[prefix + name] = value;
  };
  for (const [name, usual] of Object.entries(filters)) put(name, state.filters[name] ?? '', usual);
  put('sort', state.sort, sort);
  put('pages', state.pages.join(BETWEEN), '');
  return result;
}

export function useListing<R, F extends Filters>(options: Options<R, F>): Listing<R, F> {
  const route = useRoute();
  const router = useRouter();
  const [prefix, usual, sort] = [options.prefix ?? '', options.filters, options.sort ?? ''];
  const path = route.path;
  const state = computed(() => readState(route.query, prefix, usual, sort));
  const draft = reactive({ ...state.value.filters }) as F;
  let asked = false;

  const answer = loaded<Rows<R>>(() => {
    asked = true;
    const now = state.value;
    return options.ask({ ...now, after: now.pages.at(-1) });
  });
  const rows = computed(() => answer.value.value?.rows ?? []);
  const more = computed(() => (answer.value.value?.next ?? '') !== '');

  function go(to: ListState<F>) {
    void router.push({ query: writeState(route.query, prefix, usual, sort, to) });
  }
  // The address counts, whoever changed it: this page, the way back, a link.
  watch(
    () => (route.path === path ? JSON.stringify(state.value) : undefined),
    (current, before) => {
      if (current === undefined || current === before) return;
      Object.assign(draft, state.value.filters);
      if (asked || options.waits !== true) void answer.load();
    },
  );
  onMounted(() => {
    if (options.waits !== true) void answer.load();
  });

  return {
    draft,
    state,
    answer,
    rows,
    more,
    page: computed(() => state.value.pages.length + 1),
    apply() {
      const wanted = { filters: { ...draft } as F, sort: state.value.sort, pages: [] };
      // Asking for the same again asks again.
      if (JSON.stringify(wanted) === JSON.stringify(state.value)) void answer.load();
      else {
        asked = true;
        go(wanted);
      }
    },
    sortBy: (by) => go({ ...state.value, sort: by, pages: [] }),
    forward() {
      const next = answer.value.value?.next ?? '';
      if (next !== '') go({ ...state.value, pages: [...state.value.pages, next] });
    },
    back: () => go({ ...state.value, pages: state.value.pages.slice(0, -1) }),
    load: () => answer.load(),
    all: () => everyPage((after) => options.ask({ ...state.value, after })),
  };
}

/** The rows of an answer that has them all, as one page. */
export const allOf = <T, R>(outcome: Outcome<T>, rows: (answer: T) => readonly R[]): Outcome<Rows<R>> =>
  outcome.ok ? done({ rows: rows(outcome.value) }) : outcome;

/** A page of an answer that has pages. */
export const pageOf = <T extends { next?: string | number | null }, R>(
  outcome: Outcome<T>,
  rows: (answer: T) => readonly R[],
): Outcome<Rows<R>> => {
  if (!outcome.ok) return outcome;
  const next = outcome.value.next;
  return done({
    rows: rows(outcome.value),
    next: next === undefined || next === null ? undefined : String(next),
  });
};
