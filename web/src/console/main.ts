/** The consoles: one application, of which each person sees the pages of their duties. */

import { createApp } from 'vue';
import { createRouter, createWebHashHistory } from 'vue-router';
import '@/ui/theme.css';
import '@/ui/preferences';
import { loadSession, session } from '@/api/session';
import App from './App.vue';
import { menusOf } from './duties';

await loadSession();
const menus = menusOf(session.value?.duties ?? []);
const pages = menus.flatMap((menu) => menu.pages);
const first = pages[0]?.path;

// The path behind # never reaches a server, so the files can be served from anywhere.
const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    ...pages.map((page) => ({ path: page.path, component: page.load, meta: { title: page.title } })),
    ...(first === undefined ? [] : [{ path: '/:rest(.*)*', redirect: first }]),
  ],
});
router.afterEach((to) => {
  document.title = `${String(to.meta['title'] ?? '')} - 异地通`;
});

createApp(App, { menus }).use(router).mount('#app');
