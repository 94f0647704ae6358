/** The consoles: one application, of which each person sees the pages that they may open. */

import { createApp } from 'vue';
import { createRouter, createWebHashHistory } from 'vue-router';
import '@/ui/theme.css';
import '@/ui/preferences';
import { loadSession } from '@/api/session';
import App from './App.vue';
import { PAGES } from './menu';
import Nowhere from './Nowhere.vue';

await loadSession();

// The path behind # never reaches a server, so the files can be served from anywhere.
const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    ...PAGES.map((page) => ({ path: page.path, component: page.load, meta: { title: page.title } })),
    { path: '/:rest(.*)*', component: Nowhere, meta: { title: '' } },
  ],
});
router.afterEach((to) => {
  const title = String(to.meta['title'] ?? '');
  document.title = title === '' ? '异地通' : `${title} - 异地通`;
});

const app = createApp(App).use(router);
// Where somebody wants to go is known before the frame asks.
await router.isReady();
app.mount('#app');
