import { apiVersionOf, type ApiResource } from '../../../../protocol/kubernetes.ts';
import type { JsonObject } from './json.ts';
import { definitionName } from './openapi-data.ts';
import { gvkOf, metaReference, reference, schemaName, type OpenApiVersion } from './openapi-schemas.ts';
import type { ResourceDescription } from './resource-description.ts';
import { STREAMS, SUBRESOURCE_KINDS, subresourceVerbs } from './subresource-kinds.ts';

interface Operation {
  readonly method: 'get' | 'put' | 'post' | 'patch' | 'delete';
  readonly action: 'get' | 'list' | 'put' | 'post' | 'patch' | 'delete' | 'deletecollection' | 'connect';
  readonly text: string;
  readonly parameters: readonly JsonObject[];
  readonly body?: JsonObject;
  readonly consumes?: readonly string[];
  readonly answer: JsonObject;
  readonly status: number;
}

const JSON_TYPE = 'application/json';
const PATCHES = ['application/json-patch+json', 'application/merge-patch+json'];
const STRATEGIC = 'application/strategic-merge-patch+json';

const query = (name: string, type: string, description: string): JsonObject => ({
  name,
  in: 'query',
  description,
  type,
  uniqueItems: true,
});
const path = (name: string, description: string): JsonObject => ({
  name,
  in: 'path',
  required: true,
  description,
  type: 'string',
  uniqueItems: true,
});

const DRY_RUN = query(
  'dryRun',
  'string',
  'When present, indicates that modifications should not be persisted. Valid values are: - All: all dry run stages will be processed',
);
const FIELD_MANAGER = query(
  'fieldManager',
  'string',
  'fieldManager is a name associated with the actor or entity that is making these changes.',
);
const FIELD_VALIDATION = query(
  'fieldValidation',
  'string',
  'fieldValidation instructs the server on how to handle objects in the request (POST/PUT/PATCH) containing unknown fields. Valid values are: - Ignore - Warn - Strict',
);
const WRITE = [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION];
const LIST = [
  query('allowWatchBookmarks', 'boolean', 'allowWatchBookmarks requests watch events with type "BOOKMARK".'),
  query('continue', 'string', 'The continue option should be set when retrieving more results from the server.'),
  query('fieldSelector', 'string', 'A selector to restrict the list of returned objects by their fields. Defaults to everything.'),
  query('labelSelector', 'string', 'A selector to restrict the list of returned objects by their labels. Defaults to everything.'),
  query('limit', 'integer', 'limit is a maximum number of responses to return for a list call.'),
  query('resourceVersion', 'string', 'resourceVersion sets a constraint on what resource versions a request may be served from.'),
  query('resourceVersionMatch', 'string', 'resourceVersionMatch determines how resourceVersion is applied to list calls.'),
  query('timeoutSeconds', 'integer', 'Timeout for the list/watch call.'),
  query(
    'watch',
    'boolean',
    'Watch for changes to the described resources and return them as a stream of add, update, and remove notifications.',
  ),
];
const DELETE = [
  DRY_RUN,
  query('gracePeriodSeconds', 'integer', 'The duration in seconds before the object should be deleted.'),
  query('propagationPolicy', 'string', 'Whether and how garbage collection will be performed.'),
];

/** The paths of some resources and the operations there. */
export function pathsOf(resources: readonly ResourceDescription[], version: OpenApiVersion): JsonObject {
  return Object.fromEntries(resources.flatMap((entry) => resourcePaths(entry, version)));
}

function resourcePaths(entry: ResourceDescription, version: OpenApiVersion): [string, JsonObject][] {
  const { resource, subresources, verbs } = entry;
  const root = `/${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}`;
  const collection = resource.namespaced ? `${root}/namespaces/{namespace}/${resource.plural}` : `${root}/${resource.plural}`;
  const item = `${collection}/{name}`;
  const scope = resource.namespaced ? [path('namespace', 'object name and auth scope, such as for teams and projects')] : [];
  const name = path('name', `name of the ${resource.kind}`);
  const of = (operations: readonly Operation[], parameters: readonly JsonObject[]): JsonObject =>
    pathItem(resource, operations, parameters, version);
  const object = allowed(objectOperations(resource, resource, version), verbs);
  return [
    [collection, of(collectionOperations(entry, version), scope)],
    ...(object.length > 0 ? [[item, of(object, [name, ...scope])] as [string, JsonObject]] : []),
    ...subresources.map((subresource): [string, JsonObject] => [
      `${item}/${subresource}`,
      pathItem(kindAt(resource, subresource), subresourceOperations(resource, subresource, version), [name, ...scope], version),
    ]),
    ...(resource.namespaced && verbs.includes('list')
      ? [[`${root}/${resource.plural}`, of([listOperation(resource, version)], [])] as [string, JsonObject]]
      : []),
  ];
}

function listOperation(resource: ApiResource, version: OpenApiVersion): Operation {
  const answer = reference(`${schemaName(resource)}List`, version);
  return { method: 'get', action: 'list', text: `list or watch objects of kind ${resource.kind}`, parameters: LIST, answer, status: 200 };
}

function collectionOperations({ resource, verbs }: ResourceDescription, version: OpenApiVersion): Operation[] {
  const self = reference(schemaName(resource), version);
  const options = metaReference('DeleteOptions', version);
  const operations: Operation[] = [
    listOperation(resource, version),
    { method: 'post', action: 'post', text: `create a ${resource.kind}`, parameters: WRITE, body: self, answer: self, status: 201 },
    {
      method: 'delete',
      action: 'deletecollection',
      text: `delete collection of ${resource.kind}`,
      parameters: [...LIST, ...DELETE],
      body: options,
      answer: metaReference('Status', version),
      status: 200,
    },
  ];
  return operations.filter(({ action }) => verbs.includes(action === 'post' ? 'create' : action));
}

/** What can be done with an object of `resource` where it is shown as `shown`. */
function objectOperations(resource: ApiResource, shown: ApiResource, version: OpenApiVersion): Operation[] {
  const { kind } = shown;
  const self = reference(schemaName(shown), version);
  // Only built-in kinds have the merge keys that a strategic merge patch needs.
  const patches = definitionName(resource) === undefined ? PATCHES : [...PATCHES, STRATEGIC];
  const force = query('force', 'boolean', 'Force is going to "force" Apply requests.');
  return [
    { method: 'get', action: 'get', text: `read the specified ${kind}`, parameters: [], answer: self, status: 200 },
    { method: 'put', action: 'put', text: `replace the specified ${kind}`, parameters: WRITE, body: self, answer: self, status: 200 },
    {
      method: 'delete',
      action: 'delete',
      text: `delete a ${kind}`,
      parameters: DELETE,
      body: metaReference('DeleteOptions', version),
      answer: metaReference('Status', version),
      status: 200,
    },
    {
      method: 'patch',
      action: 'patch',
      text: `partially update the specified ${kind}`,
      parameters: [...WRITE, force],
      body: metaReference('Patch', version),
      consumes: patches,
      answer: self,
      status: 200,
    },
  ];
}

/** The resource as it is shown at one of its subresources. */
function kindAt(resource: ApiResource, subresource: string): ApiResource {
  return { ...resource, ...SUBRESOURCE_KINDS[subresource] };
}

function subresourceOperations(resource: ApiResource, subresource: string, version: OpenApiVersion): Operation[] {
  const verbs = subresourceVerbs(subresource);
  const shown = kindAt(resource, subresource);
  const { kind } = shown;
  if (STREAMS.has(subresource)) {
    const stream = {
      action: subresource === 'log' ? 'get' : 'connect',
      text: `connect to ${subresource} of ${resource.kind}`,
      parameters: [],
      answer: { type: 'string' },
    } as const;
    const methods = verbs.includes('create') ? (['get', 'post'] as const) : (['get'] as const);
    return methods.map((method) => ({ ...stream, method, status: 200 }));
  }
  const self = reference(schemaName(shown), version);
  const create = { method: 'post', action: 'post', text: `create ${subresource} of a ${kind}`, parameters: WRITE } as const;
  if (verbs.includes('create')) return [{ ...create, body: self, answer: self, status: 201 }];
  return allowed(objectOperations(resource, shown, version), verbs);
}

/** Those operations on an object that are among the verbs. */
function allowed(operations: readonly Operation[], verbs: readonly string[]): Operation[] {
  return operations.filter(({ method }) => verbs.includes(method === 'put' ? 'update' : method));
}

function pathItem(
  resource: ApiResource,
  operations: readonly Operation[],
  parameters: readonly JsonObject[],
  version: OpenApiVersion,
): JsonObject {
  const rendered = operations.map((operation) => [operation.method, render(resource, operation, version)] as const);
  return { ...Object.fromEntries(rendered), parameters: parameters.map((parameter) => inVersion(parameter, version)) };
}

function render(resource: ApiResource, operation: Operation, version: OpenApiVersion): JsonObject {
  const { action, text, consumes = [JSON_TYPE], body, answer, status } = operation;
  const common = { description: text, tags: [apiVersionOf(resource).replace('/', '_')] };
  const extensions = { 'x-kubernetes-action': action, 'x-kubernetes-group-version-kind': gvkOf(resource) };
  const parameters = operation.parameters.map((parameter) => inVersion(parameter, version));
  if (version === 2) {
    const bodyParameter =
      body === undefined
        ? []
        : [{ name: 'body', in: 'body', required: action === 'put' || action === 'post' || action === 'patch', schema: body }];
    const responses = { [status]: { description: 'OK', schema: answer } };
    return {
      ...common,
      consumes,
      produces: [JSON_TYPE],
      schemes: ['https'],
      parameters: [...bodyParameter, ...parameters],
      responses,
      ...extensions,
    };
  }
  const content = (types: readonly string[], schema: JsonObject): JsonObject => Object.fromEntries(types.map((type) => [type, { schema }]));
  const requestBody = body === undefined ? {} : { requestBody: { content: content(consumes, body) } };
  return {
    ...common,
    parameters,
    ...requestBody,
    responses: { [status]: { description: 'OK', content: content([JSON_TYPE], answer) } },
    ...extensions,
  };
}

/** In v3 a parameter's type is a schema of its own. */
function inVersion(parameter: JsonObject, version: OpenApiVersion): JsonObject {
  if (version === 2) return parameter;
  const { type, uniqueItems, ...rest } = parameter;
  return { ...rest, schema: { type, uniqueItems } };
}
