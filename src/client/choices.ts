import type { KubeClient } from '../kube/client.ts';
import { listAll } from '../kube/list-all.ts';
import { RESOURCES } from '../protocol/kubernetes.ts';
import type { ApiResource } from '../protocol/kubernetes.ts';
import type { Answerer } from './answerer.ts';
import { listDevices } from './devices.ts';

/** What may be named where a name is missing. */
export interface Choices {
  /** What it is called: `device`. */
  readonly what: string;
  names(): Promise<string[]>;
  /** What to do when there are none. */
  readonly none: string;
}

export function deviceChoices(answerer: Answerer, namespace: string): Choices {
  const names = async (): Promise<string[]> => (await listDevices(answerer, namespace)).list.items.map(({ metadata }) => metadata.name);
  return { what: 'device', names, none: 'kedge device create' };
}

export function modelChoices(client: KubeClient, namespace: string): Choices {
  return {
    what: 'device model',
    names: () => namesOf(client, RESOURCES.deviceModel, namespace),
    none: 'kedge device model create -f FILE',
  };
}

export function nodeChoices(client: KubeClient): Choices {
  return { what: 'node', names: () => namesOf(client, RESOURCES.node), none: 'kedge node register NAME' };
}

async function namesOf(client: KubeClient, resource: ApiResource, namespace?: string): Promise<string[]> {
  const { items } = await listAll(client, resource, namespace === undefined ? {} : { namespace });
  return items.map(({ metadata }) => metadata.name);
}
