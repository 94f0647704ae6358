/** The nodes that this person's pages ask, with the types of each. */

import type { paths as HubPaths } from '@/generated/hub';
import type { paths as ProvincePaths } from '@/generated/province';
import { client, type Client } from './client';
import { nodeBase, session } from './session';

export const hub = (): Client<HubPaths> => client<HubPaths>(nodeBase(true));

export const province = (participant: string): Client<ProvincePaths> => {
  const found = session.value?.nodes.find((node) => node.participant === participant);
  return client<ProvincePaths>(found?.base ?? '');
};
