/// <reference types="vitest/config" />
import vue from '@vitejs/plugin-vue';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The node whose pages these are while they are developed: the hub of a `yidi sandbox` on its usual ports. */
const node = process.env['YIDI_NODE'] ?? 'http://127.0.0.1:8791';
const proxy = { '/web': node, '/api': node };

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What nodes let pages do (Content-Security-Policy), so that plays find what would break it. */
const headers = JSON.parse(readFileSync(here('./e2e/headers.json'), 'utf8')) as Record<string, string>;

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
