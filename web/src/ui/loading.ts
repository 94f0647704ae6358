/** Something that is asked of a node: under way, here, or refused. */

import { computed, shallowRef, type ComputedRef, type ShallowRef } from 'vue';
import type { Outcome, Refusal } from '@/shared/refusal';

export interface Loaded<T> {
  readonly value: ShallowRef<T | undefined>;
  readonly refusal: ShallowRef<Refusal | undefined>;
  readonly busy: ShallowRef<boolean>;
  readonly state: ComputedRef<'loading' | 'failed' | 'here'>;
  /** Asks, or asks again. The latest question counts, whichever is answered first. */
  load(): Promise<void>;
}

export function loaded<T>(ask: () => Promise<Outcome<T>>): Loaded<T> {
  const value = shallowRef<T>();
  const refusal = shallowRef<Refusal>();
  const busy = shallowRef(false);
  let asked = 0;
  const load = async () => {
    const mine = ++asked;
    busy.value = true;
    const outcome = await ask();
    if (mine !== asked) return;
    busy.value = false;
    if (outcome.ok) {
      value.value = outcome.value;
      refusal.value = undefined;
    } else refusal.value = outcome.refusal;
  };
  const state = computed(() =>
    refusal.value !== undefined ? 'failed' : value.value === undefined ? 'loading' : 'here',
  );
  return { value, refusal, busy, state, load };
}
