import newer from '../data/newer-fields.json' with { type: 'json' };
import data from '../data/openapi.json' with { type: 'json' };
import { isObject, type JsonObject } from './json.ts';
import type { GroupVersionKind, SchemaNode } from './schema-node.ts';

const PREFIX = '#/definitions/';
const GVK = 'x-kubernetes-group-version-kind';

/** The definitions as the documents have them (see data/README.md), with `$ref`s between them. Not to be changed. */
export const RAW_DEFINITIONS: Readonly<Record<string, JsonObject>> = withNewer(data, newer);

const LINKED = link(RAW_DEFINITIONS);
const NAMES: ReadonlyMap<SchemaNode, string> = new Map([...LINKED].map(([name, node]) => [node, name]));

/** Puts the fields of newer versions beside the others, and what is new as a whole at the end. */
function withNewer(base: Readonly<Record<string, JsonObject>>, added: Readonly<Record<string, JsonObject>>): Record<string, JsonObject> {
  const whole = Object.entries(added).map(([name, definition]): [string, JsonObject] => {
    const known = base[name];
    if (known === undefined) return [name, definition];
    return [name, { ...known, properties: { ...(known['properties'] as JsonObject), ...(definition['properties'] as JsonObject) } }];
  });
  return { ...base, ...Object.fromEntries(whole) };
}

/** The schema of a built-in kind (Namespace, Node, Pod, … their lists, and the meta types DeleteOptions, Status, WatchEvent). */
export function definitionFor(gvk: GroupVersionKind): SchemaNode | undefined {
  const name = definitionName(gvk);
  return name === undefined ? undefined : LINKED.get(name);
}

/** The name of a built-in kind's definition: `io.k8s.api.core.v1.Pod`. */
export function definitionName({ group, version, kind }: GroupVersionKind): string | undefined {
  return Object.keys(RAW_DEFINITIONS).find((name) =>
    LINKED.get(name)?.[GVK]?.some((candidate) => candidate.group === group && candidate.version === version && candidate.kind === kind),
  );
}

/** The name of the definition that a node is, if it is one: `io.k8s.api.core.v1.PodSpec`. */
export function nameOfDefinition(node: SchemaNode): string | undefined {
  return NAMES.get(node);
}

/** Copies the definitions and puts in place of every `$ref` what it names; the result has cycles (JSONSchemaProps contains itself). */
function link(raw: Readonly<Record<string, JsonObject>>): ReadonlyMap<string, SchemaNode> {
  const copies = new Map(Object.entries(raw).map(([name, definition]) => [name, { ...definition }]));
  const linked = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(linked);
    if (!isObject(node)) return node;
    const target = node['$ref'];
    // A property that is itself named $ref (of JSONSchemaProps) holds a schema, not a string.
    if (typeof target === 'string') return copies.get(target.slice(PREFIX.length)) ?? {};
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, linked(value)]));
  };
  for (const copy of copies.values()) Object.assign(copy, linked({ ...copy }));
  return copies;
}
