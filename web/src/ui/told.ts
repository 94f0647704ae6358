/** What was just done, said once above the page and to readers of screens; gone with the page. */

import { ref } from 'vue';

export const told = ref('');

export function tell(words: string): void {
  told.value = words;
}
