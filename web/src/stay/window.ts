/** At which of the session's windows somebody sits. */

import { computed, ref } from 'vue';
import { session } from '@/api/session';

export function useWindow() {
  const windows = computed(() => session.value?.windows ?? []);
  const code = ref(windows.value[0]?.code ?? '');
  const institution = computed(() => windows.value.find((one) => one.code === code.value));
  return { windows, code, institution };
}
