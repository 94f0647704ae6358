// Nodes to play against, of the given binary, and the built pages before them.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { served } from './serve.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Whoever ends what was started if this process is gone, however it went; it hears so because its pipe closes. */
let guard;
function guarded(child) {
  if (child.pid === undefined) return;
  if (guard === undefined) {
    guard = spawn(process.execPath, [here('guard.mjs')], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    // Neither keeps this process from ending.
    guard.unref();
    guard.stdin.unref();
    guard.stdin.on('error', () => {});
  }
  guard.stdin.write(`+${child.pid}\n`);
  child.once('exit', () => guard.stdin.write(`-${child.pid}\n`));
}

/** Refuses to go on where somebody listens at one of so many ports from this one on: he would be taken for what is to be played on. */
export async function free(first, count = 1) {
  for (let port = first; port < first + count; port += 1) {
    await new Promise((resolve, reject) => {
      const server = createServer();
      server.once('error', (error) => {
        const taken = `port ${port} is taken (${error.code}): end what listens there, \`ss -ltnp sport = :${port}\` shows it`;
        reject(new Error(error.code === 'EADDRINUSE' ? taken : String(error)));
      });
      server.listen(port, '127.0.0.1', () => server.close(resolve));
    });
  }
}

/** The binary: YIDI, or the release build beside `web`. */
export const YIDI = process.env.YIDI ?? here('../../target/release/yidi');

/** Starts a program and resolves when it has said `until`. `type` types a line and resolves with what is said to it; `stop` ends it. */
export function start(program, args, { until, env = {}, seconds = 180, typed = false } = {}) {
  const child = spawn(program, args, {
    cwd: here('..'),
    env: { ...process.env, ...env },
    stdio: [typed ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  guarded(child);
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
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resolve();
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
    child.once('exit', (code, signal) => reject(new Error(`ended with ${code ?? signal}:\n${said}`)));
    child.once('error', (error) => reject(error));
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

/** Its pages, the hub and two provinces, one port after the other. */
const SANDBOX_PORTS = 4;

/** A sandbox (a hub and two provinces, invented people) in a temporary folder. */
export async function sandbox(port) {
  await free(port, SANDBOX_PORTS);
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

/** The built pages before one node. */
export async function pages(port, node) {
  await free(port);
  return served(port, node);
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
    /** Nobody looks at its pages any more; the nodes go on. */
    async pagesGone() {
      for (const one of before.values()) await one.stop();
    },
  };
}
