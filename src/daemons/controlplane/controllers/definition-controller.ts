import type { KubeClient } from '../../../kube/client.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import { RESOURCES, type ApiResource, type KubeObject } from '../../../protocol/kubernetes.ts';
import { finishDeletions } from './finish-deletions.ts';

export interface DefinitionControllerDeps {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'watch' | 'delete' | 'update'>;
  readonly clock: Clock;
}

interface Definition extends KubeObject {
  spec: {
    group: string;
    scope: string;
    names: { plural: string; kind: string };
    versions: { name: string; served: boolean }[];
  };
}

/** The finalizer of a CustomResourceDefinition that is being deleted (apiextensions.k8s.io). */
const FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** Deletes the objects of CustomResourceDefinitions that are being deleted, then lets the definitions go. */
export class DefinitionController implements Module {
  readonly name = 'definition-controller';
  readonly #deps: DefinitionControllerDeps;

  constructor(deps: DefinitionControllerDeps) {
    this.#deps = deps;
  }

  async start(scope: Scope): Promise<void> {
    const { client, clock } = this.#deps;
    await finishDeletions(scope, { client, clock, resource: RESOURCES.crd }, (name) => this.#clean(name));
  }

  /** Deletes the objects; true when the definition needs no further work. */
  async #clean(name: string): Promise<boolean> {
    const { client } = this.#deps;
    const definition = await unlessMissing(client.get<Definition>(RESOURCES.crd, name));
    const finalizers = definition?.metadata.finalizers ?? [];
    if (definition?.metadata.deletionTimestamp === undefined || !finalizers.includes(FINALIZER)) return true;
    const resource = resourceOf(definition);
    if (resource !== undefined && (await this.#deleteAll(resource)) > 0) return false;
    const metadata = { ...definition.metadata, finalizers: finalizers.filter((finalizer) => finalizer !== FINALIZER) };
    await client.update(RESOURCES.crd, { ...definition, metadata });
    return true;
  }

  /** Returns how many there were. */
  async #deleteAll(resource: ApiResource): Promise<number> {
    const { client } = this.#deps;
    // A definition whose names were never accepted has no objects.
    const items = (await unlessMissing(client.list(resource)))?.items ?? [];
    for (const { metadata } of items) {
      if (metadata.deletionTimestamp === undefined) await unlessMissing(client.delete(resource, metadata.name, metadata.namespace));
    }
    return items.length;
  }
}

function resourceOf({ spec }: Definition): ApiResource | undefined {
  const version = spec.versions.find(({ served }) => served)?.name;
  if (version === undefined) return undefined;
  const { group, names, scope } = spec;
  return { group, version, plural: names.plural, kind: names.kind, namespaced: scope === 'Namespaced' };
}
