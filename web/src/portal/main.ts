/** The public portal: for phones first. What concerns nobody in particular needs no session; what is one's own does. */

import { createApp } from 'vue';
import { createRouter, createWebHashHistory } from 'vue-router';
import 'vant/es/style/base.css';
// Vant's icons would fetch a font from elsewhere: no part that has one is used.
import 'vant/es/loading/index.css';
import 'vant/es/button/index.css';
import '@/ui/theme.css';
import './portal.css';
import '@/ui/preferences';
import { loadSession } from '@/api/session';
import App from './App.vue';
import { insured } from './insured';
import { ROUTES } from './routes';
import { readAddress } from './verification';

await loadSession();

const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    ...ROUTES.map(({ path, title, load, own }) => ({
      path,
      component: load,
      meta: { title, own: own === true },
    })),
    {
      path: '/:rest(.*)*',
      // A document's address holds number and code in a form of its own: `portal.html#number=…&code=…`.
      redirect: (to) => {
        const scanned = readAddress(`#${to.fullPath.slice(1)}`);
        return scanned ? { path: '/verify', query: { ...scanned } } : '/';
      },
    },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});
router.beforeEach((to) => {
  if (to.meta['own'] !== true || insured.value) return true;
  return { path: '/sign-in', query: { back: to.fullPath } };
});
router.afterEach((to) => {
  document.title = to.path === '/' ? '异地就医服务' : `${String(to.meta['title'] ?? '')} - 异地就医服务`;
});

createApp(App).use(router).mount('#app');
