/** At which of the session's windows somebody sits. */

import { computed, ref } from 'vue';
import { isPharmacy, session } from '@/api/session';

/** Of all the session's institutions, or of those of one kind. */
export function useWindow(kind?: 'hospital' | 'pharmacy') {
  const windows = computed(() =>
    (session.value?.windows ?? []).filter(
      (one) => kind === undefined || isPharmacy(one) === (kind === 'pharmacy'),
    ),
  );
  const code = ref(windows.value[0]?.code ?? '');
  const institution = computed(() => windows.value.find((one) => one.code === code.value));
  return { windows, code, institution };
}
