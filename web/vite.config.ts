/// <reference types="vitest/config" />
import vue from '@vitejs/plugin-vue';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The node whose pages these are while they are developed: the hub of a `yidi sandbox` on its usual ports. */
const node = process.env['YIDI_NODE'] ?? 'http://127.0.0.1:8791';
const proxy = { '/web': node, '/api': node };

/** What nodes let pages do (Content-Security-Policy), so that plays find what would break it. */
const headers = {
  'content-security-policy':
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; " +
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
};

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { '@': here('./src') } },
  build: {
    target: 'es2022',
    // Everything is served by the node itself; nothing is fetched from elsewhere.
    assetsInlineLimit: 2048,
    rolldownOptions: { input: { console: here('./console.html'), portal: here('./portal.html') } },
    chunkSizeWarningLimit: 700,
  },
  server: { host: '127.0.0.1', port: 5180, strictPort: true, proxy },
  preview: { host: '127.0.0.1', port: 5181, strictPort: true, proxy, headers },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
