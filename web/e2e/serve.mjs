// The built pages before one node, as the node itself serves them: the files of `dist`, and everything else from the node. In this process: nothing is
// started for it, and what a browser has it does not ask for again.
import { readFileSync, readdirSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const HEADERS = JSON.parse(readFileSync(new URL('headers.json', import.meta.url), 'utf8'));
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The built files by their paths. */
function built() {
  let names;
  try {
    names = readdirSync(DIST, { recursive: true, withFileTypes: true });
  } catch {
    throw new Error('the pages are not built: npm run build');
  }
  const files = names.filter((one) => one.isFile()).map((one) => `${one.parentPath}/${one.name}`);
  return new Map(
    files.map((path) => [
      `/${path.slice(DIST.length).replace(/^\/+/, '')}`,
      { type: TYPES[extname(path)] ?? 'application/octet-stream', content: readFileSync(path) },
    ]),
  );
}

/** Serves them at a port; where, and how it ends. */
export function served(port, node) {
  const files = built();
  const agent = new Agent({ keepAlive: true });
  const server = createServer((asked, answer) => {
    const { pathname } = new URL(asked.url, node);
    const file = files.get(pathname);
    if (file !== undefined) {
      const kept = pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
      answer.writeHead(200, { ...HEADERS, 'content-type': file.type, 'cache-control': kept });
      answer.end(file.content);
      return;
    }
    const { method, headers } = asked;
    const on = request(new URL(asked.url, node), { method, headers, agent }, (came) => {
      answer.writeHead(came.statusCode, came.headers);
      came.pipe(answer);
    });
    on.on('error', () => {
      if (!answer.headersSent) answer.writeHead(502);
      answer.end();
    });
    // A page that has gone waits for nothing.
    answer.on('close', () => on.destroy());
    asked.pipe(on);
  });
  const stop = () =>
    new Promise((resolve) => {
      agent.destroy();
      server.close(resolve);
      server.closeAllConnections();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${port}`, stop }));
  });
}
