import { existsSync } from 'node:fs';
import { homePaths } from '../config/home.ts';
import { KedgeError } from '../kernel/errors.ts';
import type { TwinHistoryEntry } from '../protocol/twin-history.ts';
import { adminStream } from './admin-client.ts';
import { ask } from './answerer.ts';
import { getDevice } from './devices.ts';

export interface HistoryQuestion {
  readonly namespace: string;
  readonly name: string;
  /** Only of this property. */
  readonly property?: string | undefined;
  /** Not before, ms since the epoch. */
  readonly since?: number;
}

/**
 * The values that a device's twins had, the oldest first, as the edge of this home keeps them.
 * @throws KedgeError NOT_FOUND; NOT_INSTALLED where the device is on another node, which it names
 */
export async function readHistory(home: string, question: HistoryQuestion, signal: AbortSignal): Promise<TwinHistoryEntry[]> {
  const { edge } = homePaths(home);
  if (!existsSync(edge.config)) throw await elsewhere(home, question);
  const { namespace, name, property, since = 0 } = question;
  const query = new URLSearchParams({ since: String(since), ...(property !== undefined && { property }) });
  const path = `/devices/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/history?${query.toString()}`;
  const entries: TwinHistoryEntry[] = [];
  try {
    for await (const entry of adminStream<TwinHistoryEntry>(edge.socket, path, signal)) entries.push(entry);
  } catch (error) {
    const isUnknown = error instanceof KedgeError && error.code === 'NOT_FOUND' && error.message.startsWith('this edge has no device');
    throw isUnknown ? await elsewhere(home, question).catch(() => error) : error;
  }
  return entries.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** Where the history is, as the API knows it. @throws KedgeError what the API says where the device is not known */
async function elsewhere(home: string, { namespace, name }: HistoryQuestion): Promise<KedgeError> {
  const device = await ask(home, 'cloud', (answerer) => getDevice(answerer, namespace, name));
  const node = device.spec?.nodeName;
  if (!node) return new KedgeError('NOT_FOUND', `device ${name} is on no node, so nobody keeps its history`);
  return new KedgeError('NOT_INSTALLED', `the history of device ${name} is kept by its node ${node}, and that edge is not in ${home}`, {
    hint: `on ${node}: kedge device history ${name}${namespace === 'default' ? '' : ` -n ${namespace}`}`,
  });
}
