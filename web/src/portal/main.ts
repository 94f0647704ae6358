/** The public portal: for phones first, without a session. */

import { createApp } from 'vue';
import '@/ui/theme.css';
import '@/ui/preferences';
import App from './App.vue';

createApp(App).mount('#app');
