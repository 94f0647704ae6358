/**
 * DEVELOPMENT ONLY: stands where the node's own sessions will stand. It is a part of `vite` and `vite preview`, never of what is
 * built, and does three things that a browser must not:
 *
 * | path | what |
 * |---|---|
 * | `GET /web/session` | says who sits there: everybody may everything |
 * | `/web/node/{participant}/api/v1/…` | passes on to that node's management interface, with its token |
 * | `GET /api/v1/verify/…` | passes on to the hub without any token: the interface is public |
 * | `POST /web/window/{institution}/{infno}` | makes an envelope of the message, signs it as the institution, sends it |
 */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import { momentAt } from '../src/shared/day.ts';
import { now } from '../src/shared/clock.ts';
import { configured, type Nodes } from './nodes.ts';
import { signed, type Institution } from './signing.ts';

const BODY_MAX = 8 << 20;
const OPERATOR = '演示人员';

export function gateway(): Plugin {
  const nodes = configured();
  const serve = (request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const url = new URL(request.url ?? '/', 'http://here');
    const parts = url.pathname.split('/').slice(1);
    const ours = parts[0] === 'web' && ['session', 'node', 'window'].includes(parts[1] ?? '');
    const open = request.method === 'GET' && url.pathname.startsWith('/api/v1/verify/');
    if (!ours && !open) {
      next();
      return;
    }
    const answering = open
      ? passOn(`${nodes.nodes['100000'] ?? ''}${url.pathname}${url.search}`, 'GET', Buffer.alloc(0), {})
      : answer(nodes, request, url, parts.slice(1));
    answering
      .then(({ status, type, body }) => {
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
        response.end(body);
      })
      .catch((error: unknown) => {
        response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' });
        response.end(`development gateway: ${String(error)}`);
      });
  };
  return {
    name: 'yidi-development-gateway',
    configureServer(server) {
      server.middlewares.use(serve);
    },
    configurePreviewServer(server) {
      server.middlewares.use(serve);
    },
  };
}

interface Answer {
  status: number;
  type: string;
  body: string | Buffer;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const json = (status: number, value: unknown): Answer => ({
  status,
  type: JSON_TYPE,
  body: JSON.stringify(value),
});

async function answer(nodes: Nodes, request: IncomingMessage, url: URL, parts: string[]): Promise<Answer> {
  const [what, who = '', infno = ''] = parts;
  // Another site's page in the same browser must not act through this one.
  const from = request.headers['sec-fetch-site'];
  if (from !== undefined && from !== 'same-origin' && from !== 'none') {
    return json(403, { code: 'other-site', message: '请从本系统的页面操作' });
  }
  if (what === 'session') return json(200, sessionOf(nodes));
  const body = await read(request);
  if (what === 'node') {
    const at = nodes.nodes[who];
    const rest = '/' + parts.slice(2).join('/');
    if (at === undefined || !rest.startsWith('/api/v1/')) {
      return json(404, { code: 'unknown-node', message: '没有这个节点' });
    }
    return passOn(`${at}${rest}${url.search}`, request.method ?? 'GET', body, {
      authorization: `Bearer ${nodes.token}`,
      // A header's bytes are UTF-8 there; here they are written one character a byte.
      'x-operator': Buffer.from(OPERATOR, 'utf8').toString('latin1'),
    });
  }
  const institution = nodes.institutions.find((one) => one.code === who);
  const at = nodes.nodes[`${institution?.place.slice(0, 2)}0000`];
  if (institution === undefined || at === undefined || !/^\d{4}$/.test(infno)) {
    return json(404, { code: 'unknown-institution', message: '没有这个收费窗口' });
  }
  const message = JSON.stringify(envelope(institution, infno, JSON.parse(body.toString('utf8'))));
  const headers = signed(institution, infno, message, now().getTime(), randomUUID().replaceAll('-', ''));
  return passOn(`${at}/fsi/api/rsfComIfsService/callService`, 'POST', Buffer.from(message), headers);
}

function envelope(institution: Institution, infno: string, said: Record<string, unknown>): unknown {
  return {
    infno,
    msgid: said['msgid'],
    mdtrtarea_admvs: institution.place,
    insuplc_admdvs: said['insured'] ?? '',
    recer_sys_code: 'FSI_LOCAL',
    dev_no: '',
    dev_safe_info: '',
    cainfo: '',
    signtype: '',
    infver: 'V1.0',
    opter_type: '1',
    opter: 'web',
    opter_name: OPERATOR,
    inf_time: momentAt(now()),
    fixmedins_code: institution.code,
    fixmedins_name: institution.name,
    sign_no: '',
    input: said['input'],
  };
}

function sessionOf(nodes: Nodes): unknown {
  return {
    operator: OPERATOR,
    duties: ['hub', 'clerk', 'cashier'],
    nodes: Object.keys(nodes.nodes).map((participant) => ({ participant, base: `/web/node/${participant}` })),
    windows: nodes.institutions.map(({ code, name, place }) => ({ code, name, place })),
    development: true,
  };
}

async function passOn(
  url: string,
  method: string,
  body: Buffer,
  headers: Record<string, string>,
): Promise<Answer> {
  const init: RequestInit = { method, headers: { 'content-type': JSON_TYPE, ...headers } };
  if (method !== 'GET') init.body = new Uint8Array(body);
  const response = await fetch(url, init);
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? JSON_TYPE,
    body: Buffer.from(await response.arrayBuffer()),
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    length += bytes.length;
    if (length > BODY_MAX) throw new Error('body too large');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
