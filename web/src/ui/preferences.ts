/**
 * What a person prefers on this machine: large type, high contrast, dark colours, narrow lines. Kept in the browser; nothing of it
 * is personal data.
 */

import { ref, watchEffect, type Ref } from 'vue';

const PREFIX = 'yidi.';

function kept<T extends string>(name: string, fallback: T, allowed: readonly T[]): Ref<T> {
  let found: string | null = null;
  try {
    found = window.localStorage.getItem(PREFIX + name);
  } catch {
    // A browser that keeps nothing is no trouble.
  }
  const value = ref(allowed.find((one) => one === found) ?? fallback) as Ref<T>;
  watchEffect(() => {
    document.documentElement.dataset[name] = value.value;
    try {
      window.localStorage.setItem(PREFIX + name, value.value);
    } catch {
      // As above.
    }
  });
  return value;
}

export const type = kept('type', 'normal', ['normal', 'large'] as const);
export const contrast = kept('contrast', 'normal', ['normal', 'high'] as const);
export const colours = kept('colours', 'light', ['light', 'dark'] as const);
export const density = kept('density', 'normal', ['normal', 'compact'] as const);
