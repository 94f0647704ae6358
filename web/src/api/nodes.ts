/** The node that serves these pages, with the types of what it is: the hub's, or a province's. */

import type { paths as HubPaths } from '@/generated/hub';
import type { paths as ProvincePaths } from '@/generated/province';
import { client, type Client } from './client';

export const hub = (): Client<HubPaths> => client<HubPaths>();

export const province = (): Client<ProvincePaths> => client<ProvincePaths>();

/** What both kinds of node serve alike; the types are the hub's. */
type Both = Pick<HubPaths, keyof HubPaths & keyof ProvincePaths>;
export const node = (): Client<Both> => client<Both>();
