import { apiVersionOf } from '../../../../protocol/kubernetes.ts';
import type { Registry } from '../registry.ts';
import { SUBRESOURCE_KINDS, subresourceVerbs } from '../schema/subresource-kinds.ts';
import type { ServedResource } from '../served-resource.ts';

/** GET /api */
export function coreVersions(serverAddress: string): object {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }] };
}

/** GET /apis */
export function groupList(registry: Registry): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(registry).map((name) => groupOf(registry, name)) };
}

/** GET /apis/GROUP; undefined when nobody serves it. */
export function singleGroup(registry: Registry, name: string): object | undefined {
  return groupsOf(registry).includes(name) ? { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(registry, name) } : undefined;
}

/** GET /api/v1 and /apis/GROUP/VERSION; undefined when nobody serves it. */
export function resourceList(registry: Registry, group: string, version: string): object | undefined {
  const entries = registry.all.filter(({ resource }) => resource.group === group && resource.version === version);
  if (entries.length === 0) return undefined;
  const resources = entries.flatMap((entry) => [mainResource(entry), ...entry.subresources.map((name) => subresource(entry, name))]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf({ group, version }), resources };
}

/** GET /api or /apis in one document: apidiscovery.k8s.io/v2 APIGroupDiscoveryList. */
export function aggregated(registry: Registry, core: boolean): object {
  const items = registry
    .groups()
    .filter(({ name }) => (name === '') === core)
    .map(({ name, versions }) => ({
      metadata: { ...(name === '' ? {} : { name }), creationTimestamp: null },
      versions: versions.map((version) => ({
        version,
        resources: registry.all.filter(({ resource }) => resource.group === name && resource.version === version).map(aggregatedResource),
        freshness: 'Current',
      })),
    }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function groupsOf(registry: Registry): string[] {
  return registry
    .groups()
    .map(({ name }) => name)
    .filter((name) => name !== '');
}

function groupOf(registry: Registry, name: string): object {
  const versions = (registry.groups().find((group) => group.name === name)?.versions ?? []).map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }));
  return { name, versions, preferredVersion: versions[0] };
}

function mainResource({ resource, singular, verbs, shortNames, categories }: ServedResource): object {
  const { plural: name, namespaced, kind } = resource;
  const lists = { ...(shortNames.length > 0 ? { shortNames } : {}), ...(categories.length > 0 ? { categories } : {}) };
  return { name, singularName: singular, namespaced, kind, verbs, ...lists };
}

function subresource({ resource }: ServedResource, name: string): object {
  const { plural, namespaced, kind } = resource;
  // The core group goes without saying.
  const other = SUBRESOURCE_KINDS[name]?.group === '' ? { kind: SUBRESOURCE_KINDS[name].kind } : (SUBRESOURCE_KINDS[name] ?? { kind });
  return { name: `${plural}/${name}`, singularName: '', namespaced, ...other, verbs: subresourceVerbs(name) };
}

function aggregatedResource({ resource, singular, verbs, shortNames, categories, subresources }: ServedResource): object {
  const { group, version, kind } = resource;
  const responseKind = { group, version, kind };
  return {
    resource: resource.plural,
    responseKind,
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(subresources.length > 0
      ? {
          subresources: subresources.map((name) => ({
            subresource: name,
            responseKind: SUBRESOURCE_KINDS[name] ?? responseKind,
            verbs: subresourceVerbs(name),
          })),
        }
      : {}),
  };
}
