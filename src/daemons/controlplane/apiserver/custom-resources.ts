import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { selectableFields } from './builtin-resources.ts';
import { compileCrd } from './schema/crd.ts';
import type { ServedResource } from './served-resource.ts';
import { customStrategy } from './strategies/custom-strategies.ts';

/** The parts of a CustomResourceDefinition that the registry reads. */
export interface Crd extends KubeObject {
  spec: { group: string; scope: 'Namespaced' | 'Cluster'; names: CrdNames };
  status?: { acceptedNames?: CrdNames; conditions?: { type: string; status: string }[] };
}

export interface CrdNames {
  plural: string;
  kind: string;
  singular?: string;
  listKind?: string;
  shortNames?: string[];
  categories?: string[];
}

/** In the order in which Kubernetes lists them. */
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'] as const;

/** What a CustomResourceDefinition adds to the registry: one entry per served version, none before its names are accepted. */
export function customResources(definition: KubeObject): ServedResource[] {
  const crd = definition as Crd;
  if (crd.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') !== true) return [];
  const { group, scope, names } = crd.spec;
  const terminating = crd.metadata.deletionTimestamp !== undefined;
  return compileCrd(crd)
    .filter(({ served }) => served)
    .map((version) => ({
      resource: { group, version: version.name, plural: names.plural, kind: names.kind, namespaced: scope === 'Namespaced' },
      schema: version.schema,
      singular: names.singular ?? names.kind.toLowerCase(),
      listKind: names.listKind ?? `${names.kind}List`,
      shortNames: names.shortNames ?? [],
      categories: names.categories ?? [],
      verbs: terminating ? VERBS.filter((verb) => verb !== 'create') : VERBS,
      subresources: [...(version.hasStatus ? ['status'] : []), ...(version.scale === undefined ? [] : ['scale'])],
      scale: version.scale,
      printerColumns: version.printerColumns,
      fields: selectableFields(version.selectableFields),
      strategy: customStrategy(version.hasStatus),
      custom: version,
    }));
}

/** The names of a definition that another one of its group holds. */
export function takenNames(definition: KubeObject, all: Iterable<KubeObject>): string[] {
  const crd = definition as Crd;
  const held = new Set<string>();
  for (const other of all) {
    const { spec, status, metadata } = other as Crd;
    if (spec.group !== crd.spec.group || metadata.name === crd.metadata.name || status?.acceptedNames === undefined) continue;
    for (const name of namesOf(status.acceptedNames)) held.add(name);
  }
  return namesOf(crd.spec.names).filter((name) => held.has(name));
}

function namesOf({ plural, kind, singular, listKind, shortNames = [] }: CrdNames): string[] {
  return [plural, kind, singular, listKind, ...shortNames].filter((name) => name !== undefined && name !== '') as string[];
}
