// Nodes and pages to play against: a sandbox of the given binary on ports of its own, and the built pages before it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The binary: YIDI, or the release build beside `web`. */
export const YIDI = process.env.YIDI ?? here('../../target/release/yidi');

/** Starts a program and resolves when it has said `until`. `stop` ends it. */
export function start(program, args, { until, env = {}, seconds = 180 } = {}) {
  const child = spawn(program, args, {
    cwd: here('..'),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const stop = () =>
    new Promise((resolve) => {
      if (child.exitCode !== null) return resolve();
      child.once('exit', resolve);
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
    });
  const ready = new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`not ready after ${seconds} s:\n${said}`)),
      seconds * 1000,
    );
    const hear = (chunk) => {
      said += chunk;
      if (until.test(said)) {
        clearTimeout(timer);
        resolve(said);
      }
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`ended with ${code}:\n${said}`)));
  });
  return { ready, stop, said: () => said };
}

/** A sandbox (a hub and two provinces, invented people) in a temporary folder. */
export async function sandbox(port) {
  const nodes = start(YIDI, ['sandbox', '--port', String(port)], { until: /沙箱已就绪/ });
  await nodes.ready;
  return { env: { YIDI_SANDBOX_PORT: String(port) }, stop: nodes.stop };
}

/** The demonstration with a month of the money told to its end; the hub has something to show afterwards. */
export async function demonstration() {
  const data = mkdtempSync(join(tmpdir(), 'yidi-web-e2e-'));
  const nodes = start(YIDI, ['demo', '--month', '--documents', join(data, 'documents')], {
    until: /管理令牌[^：]*：\S+\s/,
    seconds: 600,
  });
  const said = await nodes.ready;
  const found = { token: /管理令牌[^：]*：(\S+)/.exec(said)[1], nodes: {}, institutions: [] };
  found.nodes['100000'] = /国家平台：(http:\S+)/.exec(said)[1];
  for (const [, code, url] of said.matchAll(/ (\d{6})：(http:\S+)/g)) found.nodes[code] = url;
  const file = join(data, 'nodes.json');
  writeFileSync(file, JSON.stringify(found));
  return {
    env: { YIDI_NODES: file },
    async stop() {
      await nodes.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** The built pages (`vite preview`) with the development gateway before these nodes. */
export async function pages(port, env) {
  const vite = start(
    process.execPath,
    ['node_modules/vite/bin/vite.js', 'preview', '--port', String(port), '--strictPort'],
    { until: /Local/, env, seconds: 60 },
  );
  await vite.ready;
  return { url: `http://127.0.0.1:${port}`, stop: vite.stop };
}
