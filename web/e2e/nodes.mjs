// Nodes to play against, of the given binary, and the built pages before them.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The binary: YIDI, or the release build beside `web`. */
export const YIDI = process.env.YIDI ?? here('../../target/release/yidi');

/** Starts a program and resolves when it has said `until`. `type` types a line and resolves with what is said to it; `stop` ends it. */
export function start(program, args, { until, env = {}, seconds = 180, typed = false } = {}) {
  const child = spawn(program, args, {
    cwd: here('..'),
    env: { ...process.env, ...env },
    stdio: [typed ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const listeners = new Set();
  const type = (line, answer, patience = 120) =>
    new Promise((resolve, reject) => {
      const from = said.length;
      const settle = (finish, value) => {
        clearTimeout(timer);
        listeners.delete(listen);
        finish(value);
      };
      const listen = () => {
        const found = answer.exec(said.slice(from));
        if (found !== null) settle(resolve, found);
      };
      const timer = setTimeout(
        () =>
          settle(reject, new Error(`“${line}” was not answered within ${patience} s:\n${said.slice(from)}`)),
        patience * 1000,
      );
      listeners.add(listen);
      child.stdin.write(`${line}\n`);
    });
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
      for (const listen of listeners) listen();
      if (until.test(said)) {
        clearTimeout(timer);
        resolve(said);
      }
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`ended with ${code}:\n${said}`)));
  });
  return { ready, stop, type, said: () => said };
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
    typed: true,
  });
  return {
    ...runningNodes(await program.ready),
    /** Lets days pass in the whole country; sessions end meanwhile. The day that it is then. */
    passDays: async (days) => (await program.type(String(days), /现在是(\S+)/))[1],
    /** Has the last settlement altered in the hub's book behind its back: the one's id. */
    alterAtHub: async () => (await program.type('改账', /结算(\d{30})的/))[1],
    stop: program.stop,
  };
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

/**
 * Running nodes with pages: those just built before each that is asked for, from this port on; or, without a port, those that are in the
 * program, as people get them.
 */
export function withPages(running, firstPort) {
  const before = new Map();
  return {
    ...running,
    /** Where the pages of a node are. */
    async at(participant) {
      if (firstPort === undefined) return running.nodes[participant];
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
