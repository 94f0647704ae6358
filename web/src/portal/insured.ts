/** The person who has signed in, if it is somebody who is insured here. Somebody who works with the system is nobody here. */

import { computed } from 'vue';
import { session } from '@/api/session';

export const insured = computed(() => (session.value?.role === 'insured' ? session.value : undefined));

/** Signed in with an account of the consoles. */
export const worker = computed(() => session.value !== undefined && session.value.role !== 'insured');
