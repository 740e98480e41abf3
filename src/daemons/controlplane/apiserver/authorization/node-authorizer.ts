import data from '../data/default-policy.json' with { type: 'json' };
import { LEASE_NAMESPACE, RESOURCES } from '../../../../protocol/kubernetes.ts';
import { nodeOfUser } from '../../../../protocol/node-name.ts';
import { groupResource } from '../status-error.ts';
import type { Attributes, Decision, ResourceAttributes } from './attributes.ts';
import type { NodeGraph } from './node-graph.ts';
import type { Role } from '../../../../protocol/rbac.ts';
import { ruleAllows } from './rule-match.ts';

/** The namespace of the leases that nodes keep. */
/** What every node may, whatever its pods need; Kubernetes grants it to nodes whether or not a binding says so. */
const NODE_RULES =
  (data as unknown as Role[]).find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'system:node')?.rules ?? [];

const READ = ['get', 'list', 'watch'];

interface Question {
  readonly nodeName: string;
  readonly verb: string;
  readonly resource: ResourceAttributes;
  readonly graph: NodeGraph;
}

/** What is wrong with the question, or undefined. The words are those of Kubernetes' node authorizer. */
type Check = (question: Question) => string | undefined;

/** The resources of which a node may see only what its pods need. */
const CHECKS: Readonly<Record<string, Check>> = {
  [groupResource(RESOURCES.secret)]: (question) =>
    readNamespaced(question) ?? related(question, ({ graph, nodeName, resource }) => graph.usesSecret(nodeName, keyOf(resource))),
  [groupResource(RESOURCES.configMap)]: (question) => readNamespaced(question) ?? uses(question, 'configMaps'),
  [groupResource(RESOURCES.persistentVolumeClaim)]: (question) => claimAccess(question) ?? uses(question, 'claims'),
  [groupResource(RESOURCES.persistentVolume)]: (question) =>
    getOne(question) ?? related(question, ({ graph, nodeName, resource }) => graph.usesVolume(nodeName, resource.name)),
  [groupResource(RESOURCES.volumeAttachment)]: (question) =>
    getOne(question) ?? related(question, ({ graph, nodeName, resource }) => graph.isAttached(nodeName, resource.name)),
  [groupResource(RESOURCES.serviceAccount)]: (question) => tokenAccess(question) ?? uses(question, 'serviceAccounts'),
  [groupResource(RESOURCES.lease)]: leaseAccess,
  'csinodes.storage.k8s.io': csiNodeAccess,
};

/** Kubernetes' node authorizer; undefined when the user is no node. */
export function authorizeNode(graph: NodeGraph, { user, verb, resource, path }: Attributes): Decision | undefined {
  const nodeName = nodeOfUser(user);
  if (nodeName === undefined) return undefined;
  if (nodeName === '') return { allowed: false, reason: `unknown node for user ${JSON.stringify(user.name)}` };
  const check = resource === undefined ? undefined : CHECKS[groupResource(resource)];
  if (check === undefined || resource === undefined) {
    const attributes: Attributes = { user, verb, ...(resource === undefined ? { path: path ?? '' } : { resource }) };
    return { allowed: NODE_RULES.some((rule) => ruleAllows(rule, attributes)), reason: '' };
  }
  const wrong = check({ nodeName, verb, resource, graph });
  return { allowed: wrong === undefined, reason: wrong ?? '' };
}

function readNamespaced({ verb, resource }: Question): string | undefined {
  if (!READ.includes(verb)) return 'can only read resources of this type';
  if (resource.subresource !== '') return 'cannot read subresource';
  return resource.namespace === '' ? 'can only read namespaced object of this type' : undefined;
}

function getOne({ verb, resource }: Question): string | undefined {
  if (verb !== 'get') return 'can only get individual resources of this type';
  return resource.subresource === '' ? undefined : 'cannot get subresource';
}

function claimAccess(question: Question): string | undefined {
  if (question.resource.subresource !== 'status') return getOne(question);
  return ['update', 'patch'].includes(question.verb) ? undefined : 'can only get/update/patch this type';
}

function tokenAccess({ verb, resource }: Question): string | undefined {
  if (verb !== 'create' || resource.name === '') return 'can only create tokens for individual service accounts';
  return resource.subresource === 'token' ? undefined : 'can only create token subresource of serviceaccount';
}

function leaseAccess({ nodeName, verb, resource }: Question): string | undefined {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb)) {
    return 'can only get, create, update, patch, or delete a node lease';
  }
  if (resource.namespace !== LEASE_NAMESPACE) return `can only access leases in the "${LEASE_NAMESPACE}" system namespace`;
  // The name of what is created is in the body: NodeRestriction looks at it.
  return verb === 'create' || resource.name === nodeName
    ? undefined
    : 'can only access node lease with the same name as the requesting node';
}

function csiNodeAccess({ nodeName, verb, resource }: Question): string | undefined {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb)) return 'can only get, create, update, patch, or delete a CSINode';
  if (resource.subresource !== '') return 'cannot authorize CSINode subresources';
  return verb === 'create' || resource.name === nodeName ? undefined : 'can only access CSINode with the same name as the requesting node';
}

function uses(question: Question, kind: 'configMaps' | 'claims' | 'serviceAccounts'): string | undefined {
  return related(question, ({ graph, nodeName, resource }) => graph.uses(nodeName, kind, keyOf(resource)));
}

function related(question: Question, isRelated: (question: Question) => boolean): string | undefined {
  if (question.resource.name === '') return 'No Object name found';
  return isRelated(question) ? undefined : `no relationship found between node '${question.nodeName}' and this object`;
}

function keyOf({ namespace, name }: ResourceAttributes): string {
  return `${namespace}/${name}`;
}
