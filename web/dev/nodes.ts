/**
 * DEVELOPMENT ONLY. Which running nodes the development server stands before: `yidi sandbox` on its usual ports, or what the file
 * that YIDI_NODES names says, in the shape of `Nodes`.
 */

import { readFileSync } from 'node:fs';
import type { Institution } from './signing.ts';

export interface Nodes {
  /** The management token of all of them. */
  readonly token: string;
  /** Address of each, by participant: `100000`, `420000`. */
  readonly nodes: Readonly<Record<string, string>>;
  readonly institutions: readonly Institution[];
}

const SANDBOX_PORT = 8790;

/** The sandbox as docs/CONFORMANCE.md describes it; its keys are public. */
export function sandbox(port = SANDBOX_PORT): Nodes {
  const at = (after: number) => `http://127.0.0.1:${port + after}`;
  return {
    token: 'yidi-sandbox-token',
    nodes: { '100000': at(1), '110000': at(2), '420000': at(3) },
    institutions: [
      one('H42010600001', '武汉市示范第一医院', 'csb-hmac-sha1', '39b3091be69d206f4f32c7000436624e'),
      one('H42010600002', '武汉市示范第二医院', 'none'),
      one('H42010200001', '武汉市示范区医院', 'tif-sha256', 'aec60a22105fa14566c6a39019e9c206'),
      one('H11010500001', '北京市示范第二医院', 'ca-hmac-sm3', '65c73bdd7fe9dfe8215bcd647af9dc34'),
      one('H11010800001', '北京市示范中医医院', 'none'),
    ],
  };
}

function one(code: string, name: string, way: Institution['way'], secret?: string): Institution {
  return { code, name, place: code.slice(1, 7), way, ...(secret === undefined ? {} : { secret }) };
}

export function configured(): Nodes {
  const file = process.env['YIDI_NODES'];
  if (file !== undefined) return JSON.parse(readFileSync(file, 'utf8')) as Nodes;
  const port = process.env['YIDI_SANDBOX_PORT'];
  return sandbox(port === undefined ? undefined : Number(port));
}
