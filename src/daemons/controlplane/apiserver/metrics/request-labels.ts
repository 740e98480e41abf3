import type { IncomingMessage } from 'node:http';
import type { Target } from '../api-context.ts';
import { APPLY_TYPE } from '../http/field-manager-options.ts';
import { contentType } from '../http/request-body.ts';

/** A request for a resource that is served, as the router has understood it. */
export interface ServedRequest {
  readonly target: Target;
  /** What is done, as authorizers see it: `get`, `list`, `watch`, … */
  readonly verb: string;
  /** The one name that it is about, be it selected in a collection; '' for several. */
  readonly name: string;
  readonly query: URLSearchParams;
}

/** The labels of Kubernetes' metrics of requests, all but `dry_run` and `code`. */
export interface RequestLabels extends Readonly<Record<string, string>> {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly scope: string;
  readonly component: string;
}

/** Subresources that lead to a node: CONNECT, whatever the method. */
const CONNECTS = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

/**
 * How Kubernetes' API server labels a request for a resource (k8s.io/apiserver/pkg/endpoints/metrics). There are no other values than those
 * of the registry and of the methods that are served, so that no client makes new ones.
 */
export function requestLabels({ target, verb }: ServedRequest, request: IncomingMessage): RequestLabels {
  const { entry, namespace, name, subresource } = target;
  const { group, version, plural } = entry.resource;
  const method = request.method ?? '';
  const scope = name !== '' || method === 'POST' ? 'resource' : namespace !== '' ? 'namespace' : 'cluster';
  const reported = reportedVerb(verb, subresource, scope, request);
  return { verb: reported, group, version, resource: plural, subresource, scope, component: 'apiserver' };
}

/** The labels of a request for a path that is no resource, such as `/readyz`. */
export function pathLabels(path: string): RequestLabels {
  return { verb: 'GET', group: '', version: '', resource: '', subresource: path, scope: '', component: '' };
}

/** The label `dry_run`: what the query says, if that can be. */
export function dryRunLabel(query: URLSearchParams): string {
  if (!query.has('dryRun')) return '';
  return query.getAll('dryRun').every((value) => value === 'All') ? 'All' : 'invalid';
}

function reportedVerb(verb: string, subresource: string, scope: string, request: IncomingMessage): string {
  const { method = '' } = request;
  if (CONNECTS.has(subresource)) return 'CONNECT';
  if (verb === 'watch') return 'WATCH';
  if (method === 'GET') return scope === 'resource' ? 'GET' : 'LIST';
  return method === 'PATCH' && contentType(request) === APPLY_TYPE ? 'APPLY' : method;
}
