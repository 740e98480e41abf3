import { existsSync } from 'node:fs';
import { loadEdgeConfig } from '../config/edge-config.ts';
import { withPaths } from '../config/external-broker.ts';
import { homePaths } from '../config/home.ts';
import type { BrokerEndpoint } from '../protocol/broker-endpoint.ts';
import { notInstalled } from './admin-client.ts';
import { chosenEndpoint } from './broker-choice.ts';
import type { BrokerChoice } from './broker-choice.ts';
import { readEdgeModule } from './status.ts';

/**
 * The broker that a person at a terminal means: the one that is named, else the one that this home's edge uses.
 * @throws KedgeError NOT_INSTALLED, UNREACHABLE while the edge of an embedded broker is not running, INVALID_INPUT
 */
export async function findBroker(home: string, choice: BrokerChoice): Promise<BrokerEndpoint> {
  if (choice.url !== undefined) return chosenEndpoint(choice, { url: choice.url });
  const { edge } = homePaths(home);
  if (!existsSync(edge.config)) throw notInstalled(home, 'edge');
  const { mode, external } = loadEdgeConfig(edge.config).eventBus;
  if (mode === 'external' && external !== undefined) return chosenEndpoint(choice, withPaths(edge.dir, external));
  const { urls } = await readEdgeModule(home, 'eventbus');
  const own = Array.isArray(urls) ? urls.map(String) : [];
  // On a loopback address nobody asks for a user.
  const plain = own.filter((url) => url.startsWith('mqtt:'));
  return chosenEndpoint(choice, { url: plain.find((url) => /^mqtt:\/\/(127\.|localhost:|\[::1\])/.test(url)) ?? plain[0] ?? own[0] ?? '' });
}
