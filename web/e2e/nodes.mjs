// Nodes to play against, of the given binary, and the built pages before them.
import { spawn } from 'node:child_process';
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

/** What runs: the token and addresses of its nodes. */
const runningNodes = (said, hub = /国家平台：(http:[^\s，]+)/.exec(said)[1]) => ({
  token: /管理令牌[^：]*：(\S+)/.exec(said)[1],
  nodes: Object.fromEntries([
    ['100000', hub],
    ...[...said.matchAll(/ (\d{6})：(http:[^\s，]+)/g)].map(([, code, url]) => [code, url]),
  ]),
});

/** A sandbox (a hub and two provinces, invented people) in a temporary folder. */
export async function sandbox(port) {
  const program = start(YIDI, ['sandbox', '--port', String(port)], { until: /管理令牌[^：]*：\S+\s/ });
  return { ...runningNodes(await program.ready, `http://127.0.0.1:${port + 1}`), stop: program.stop };
}

/** The demonstration whose last month waits for hands: stays that were settled, and money that has yet to move. */
export async function demonstration() {
  const program = start(YIDI, ['demo', '--month=by-hand'], {
    until: /管理令牌[^：]*：\S+\s/,
    seconds: 600,
  });
  return { ...runningNodes(await program.ready), stop: program.stop };
}

/** The built pages (`vite preview`) before one node. */
export async function pages(port, node) {
  const vite = start(
    process.execPath,
    ['node_modules/vite/bin/vite.js', 'preview', '--port', String(port), '--strictPort'],
    { until: /Local/, env: { YIDI_NODE: node }, seconds: 60 },
  );
  await vite.ready;
  return { url: `http://127.0.0.1:${port}`, stop: vite.stop };
}

/** Running nodes with pages before each that is asked for, from this port on. */
export function withPages(running, firstPort) {
  const before = new Map();
  return {
    token: running.token,
    nodes: running.nodes,
    /** Where the pages of a node are. */
    async at(participant) {
      if (!before.has(participant)) {
        before.set(participant, await pages(firstPort + before.size, running.nodes[participant]));
      }
      return before.get(participant).url;
    },
    async stop() {
      for (const one of before.values()) await one.stop();
      await running.stop();
    },
  };
}
