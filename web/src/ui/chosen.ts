/** What of a page is opened, in the address. */

import { computed, type WritableComputedRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';

export function useChosen(name: string): WritableComputedRef<string> {
  const route = useRoute();
  const router = useRouter();
  const path = route.path;
  return computed({
    get() {
      const value = route.query[name];
      return route.path === path && typeof value === 'string' ? value : '';
    },
    set(value) {
      const query = { ...route.query, [name]: value };
      if (value === '') Reflect.deleteProperty(query, name);
      void router.replace({ query });
    },
  });
}
