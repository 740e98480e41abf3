import { hostname } from 'node:os';
import type { EdgeConfig } from '../config/edge-config.ts';
import { KedgeError } from '../kernel/errors.ts';
import { isNodeName } from '../protocol/node-name.ts';

/**
 * The name of this edge's Node: what was given, else what is configured, else the host name.
 * @throws KedgeError CONFLICT when this edge has another one already, INVALID_INPUT
 */
export function chooseNodeName(given: string | undefined, present: EdgeConfig | undefined): string {
  if (given !== undefined && present !== undefined && given !== present.nodeName) {
    throw new KedgeError('CONFLICT', `this edge has joined as ${present.nodeName}`, { hint: 'choose another --home for another node' });
  }
  const name = given ?? present?.nodeName ?? hostname().toLowerCase();
  if (isNodeName(name)) return name;
  throw new KedgeError('INVALID_INPUT', `${JSON.stringify(name)} is not a node name: lower-case letters, digits, - and . only`, {
    hint: 'give --node-name NAME',
  });
}
