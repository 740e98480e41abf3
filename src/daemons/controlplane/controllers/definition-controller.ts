import { isNotFound } from '../../../kube/api-error.ts';
import { Informer } from '../../../kube/informer.ts';
import type { KubeClient } from '../../../kube/client.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import { RESOURCES, type ApiResource, type KubeObject } from '../../../protocol/kubernetes.ts';

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
/** How soon to look again at objects that their finalizers keep, ms. */
const LOOK_AGAIN_MS = 500;

/** Deletes the objects of CustomResourceDefinitions that are being deleted, then lets the definitions go. */
export class DefinitionController implements Module {
  readonly name = 'definition-controller';
  readonly #deps: DefinitionControllerDeps;

  constructor(deps: DefinitionControllerDeps) {
    this.#deps = deps;
  }

  async start(scope: Scope): Promise<void> {
    const { client, clock } = this.#deps;
    const delayed = new Set<() => void>();
    scope.defer(() => delayed.forEach((cancel) => cancel()));
    const queue = new WorkQueue(
      scope,
      async (name) => {
        if (await this.#clean(name)) return;
        const cancel = clock.after(LOOK_AGAIN_MS, () => {
          delayed.delete(cancel);
          queue.add(name);
        });
        delayed.add(cancel);
      },
      { clock },
    );
    const definitions = new Informer<Definition>({ client, resource: RESOURCES.crd, clock });
    await definitions.start(scope);
    const look = ({ metadata }: KubeObject): void => {
      if (metadata.deletionTimestamp !== undefined) queue.add(metadata.name);
    };
    definitions.onChange(scope, { added: look, updated: (_, definition) => look(definition) });
  }

  /** Deletes the objects; true when the definition needs no further work. */
  async #clean(name: string): Promise<boolean> {
    const { client } = this.#deps;
    const definition = await client.get<Definition>(RESOURCES.crd, name).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
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
    const { items } = await client.list(resource).catch((error: unknown) => {
      // A definition whose names were never accepted has no objects.
      if (isNotFound(error)) return { items: [] };
      throw error;
    });
    for (const { metadata } of items) {
      if (metadata.deletionTimestamp === undefined) await client.delete(resource, metadata.name, metadata.namespace).catch(ignoreMissing);
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

function ignoreMissing(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
