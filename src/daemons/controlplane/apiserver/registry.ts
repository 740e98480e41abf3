import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { apiVersionOf } from '../../../protocol/kubernetes.ts';
import { customResources } from './custom-resources.ts';
import type { ServedResource } from './served-resource.ts';
import { groupResource } from './status-error.ts';

/** The versions of one API group, the preferred one first. */
export interface ApiGroup {
  readonly name: string;
  readonly versions: readonly string[];
}

/** Every resource that is served: the built-in ones, and those of the stored CustomResourceDefinitions. */
export class Registry {
  readonly #builtin: readonly ServedResource[];
  readonly #custom = new Map<string, readonly ServedResource[]>();
  #all: readonly ServedResource[];
  #byPath: ReadonlyMap<string, ServedResource>;

  constructor(builtin: readonly ServedResource[]) {
    this.#builtin = builtin;
    this.#all = builtin;
    this.#byPath = index(builtin);
  }

  /** Ordered by group, version and plural; the core group first. A new array after every change. */
  get all(): readonly ServedResource[] {
    return this.#all;
  }

  find(group: string, version: string, plural: string): ServedResource | undefined {
    return this.#byPath.get(`${apiVersionOf({ group, version })}/${plural}`);
  }

  /** Serves what a CustomResourceDefinition describes, in place of what it described before. */
  define(crd: KubeObject): void {
    this.#custom.set(crd.metadata.name, customResources(crd));
    this.#rebuild();
  }

  /** Serves it no longer. */
  undefine(name: string): void {
    this.#custom.delete(name);
    this.#rebuild();
  }

  groups(): ApiGroup[] {
    const versions = new Map<string, string[]>();
    for (const { resource } of this.#all) {
      const known = versions.get(resource.group) ?? [];
      if (!known.includes(resource.version)) versions.set(resource.group, [...known, resource.version]);
    }
    return [...versions].map(([name, list]) => ({ name, versions: list.sort(byPriority) }));
  }

  #rebuild(): void {
    const builtin = new Set(this.#builtin.map(({ resource }) => groupResource(resource)));
    const custom = [...this.#custom.values()].flat().filter(({ resource }) => !builtin.has(groupResource(resource)));
    this.#all = [...this.#builtin, ...custom].sort(
      ({ resource: a }, { resource: b }) => compare(a.group, b.group) || byPriority(a.version, b.version) || compare(a.plural, b.plural),
    );
    this.#byPath = index(this.#all);
  }
}

function index(resources: readonly ServedResource[]): ReadonlyMap<string, ServedResource> {
  return new Map(resources.map((entry) => [`${apiVersionOf(entry.resource)}/${entry.resource.plural}`, entry]));
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Kubernetes' order of versions: v2, v1, v1beta2, v1beta1, v1alpha1, then the others by name. */
function byPriority(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)];
  for (const [position, value] of left.entries()) {
    const difference = (right[position] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return compare(a, b);
}

function rank(version: string): [number, number, number] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return [0, 0, 0];
  const stability = match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1;
  return [stability, Number(match[1]), Number(match[3] ?? 0)];
}
