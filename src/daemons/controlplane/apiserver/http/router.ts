import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../../../../kernel/log.ts';
import { isAction } from '../actions.ts';
import { KUBERNETES_VERSION } from '../kubernetes-version.ts';
import type { ApiContext, Target } from '../api-context.ts';
import { isNodeRequest } from '../pods/node-request.ts';
import { openApiV2, openApiV3, openApiV3Index } from '../schema/openapi.ts';
import { badRequest, methodNotAllowed, noSuchPath, unauthorized } from '../status-error.ts';
import { identify } from '../authentication/identify.ts';
import { impersonate } from '../authentication/impersonate.ts';
import { ANONYMOUS, type Attributes } from '../authorization/attributes.ts';
import { forbiddenRequest } from '../authorization/refusal.ts';
import { attributesOf } from './request-attributes.ts';
import { aggregated, coreVersions, groupList, resourceList, singleGroup } from './discovery.ts';
import { wantsAggregatedDiscovery } from './negotiate.ts';
import { isHealthPath, serveHealth, type HealthChecks } from './health.ts';
import { serveIssuer } from './issuer-discovery.ts';
import { encodeOpenApiV2, OPENAPI_PROTOBUF } from './openapi-protobuf.ts';
import { parsePath, withoutSlashes, type RequestInfo } from './request-info.ts';
import { serveResource } from './resource-handler.ts';
import type { Answer } from './respond.ts';
import type { ApiMetrics } from '../metrics/api-metrics.ts';
import type { RequestMeter } from '../metrics/request-meter.ts';

const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const VERSION_PATHS: ReadonlySet<string> = new Set(['/version', '/version/']);
const METRICS = { mediaType: 'text/plain', contentType: 'text/plain; version=0.0.4; charset=utf-8' } as const;
/** Methods for a collection that is in one namespace. */
const OF_ONE_NAMESPACE = new Set(['POST', 'DELETE']);
const PLAIN: Pick<Answer, 'code' | 'mediaType'> = { code: 200, mediaType: 'application/json' };

export interface RouterOptions extends ApiContext {
  readonly log: Logger;
  readonly metrics: ApiMetrics;
  readonly health: HealthChecks;
  /** Where this server is reached, once it listens. */
  readonly url: () => string;
  /** Of the body of a request. */
  readonly maxBodyBytes: number;
  /** Ends watches. */
  readonly signal: AbortSignal;
  /** Called for connections whose other end has shown who it is. */
  readonly admit: (socket: Socket) => void;
}

/** Finds who asks and for what, and has it served; undefined when the answer has been written. @throws StatusError */
export async function route(
  options: RouterOptions,
  request: IncomingMessage,
  response: ServerResponse,
  meter: RequestMeter,
): Promise<Answer | undefined> {
  const url = urlOf(request);
  const attributes = await authorized(options, request, url, meter);
  if (isHealthPath(url.pathname)) meter.path = url.pathname;
  const fixed = (await serveFixed(options, url, request)) ?? serveDescription(options, url, request);
  if (fixed !== undefined) return fixed;
  const info = parsePath(url.pathname);
  if (info === undefined || info.plural === '' || info.rest.length > 0) throw noSuchPath();
  const target = targetOf(options, info, request.method ?? '');
  const query = url.searchParams;
  const served = { target, verb: attributes.verb, name: attributes.resource?.name ?? '', query };
  meter.served = served;
  return serveResource(options, {
    request,
    response,
    target,
    user: attributes.user,
    query,
    log: options.log,
    maxBodyBytes: options.maxBodyBytes,
    signal: options.signal,
    observeWatch: () => meter.watch(served, response),
  });
}

/** Who asks and for what, when they may. @throws StatusError 400, 401, 403 */
async function authorized(options: RouterOptions, request: IncomingMessage, url: URL, meter: RequestMeter): Promise<Attributes> {
  const { authorizer, tokens, clock } = options;
  const sender = await identify(request, tokens, clock.now());
  if (sender !== undefined) options.admit(request.socket);
  else if (!isHealthPath(url.pathname) && !VERSION_PATHS.has(url.pathname)) throw unauthorized();
  meter.user = sender ?? ANONYMOUS;
  const attributes = attributesOf(impersonate(meter.user, request, authorizer), request.method ?? '', url);
  const { allowed, reason } = authorizer.authorize(attributes);
  if (!allowed) throw forbiddenRequest(attributes, reason);
  return attributes;
}

/** What the server tells of itself. */
async function serveFixed(options: RouterOptions, url: URL, { method }: IncomingMessage): Promise<Answer | undefined> {
  const { metrics, health, log } = options;
  if (url.pathname === '/metrics') return { ...get(method, await metrics.text()), ...METRICS };
  if (VERSION_PATHS.has(url.pathname)) return get(method, KUBERNETES_VERSION);
  return serveIssuer(options, url.pathname, method) ?? serveHealth(health, url, log);
}

/** @throws StatusError 400 for what is no path and query, such as the whole URLs that proxies are sent */
function urlOf({ url = '' }: IncomingMessage): URL {
  if (!url.startsWith('/')) throw badRequest('the request must name a path');
  return new URL(`https://apiserver${url}`);
}

/** Discovery and OpenAPI, all from the registry. */
function serveDescription({ registry }: RouterOptions, { pathname }: URL, request: IncomingMessage): Answer | undefined {
  const { method, headers } = request;
  const path = withoutSlashes(pathname);
  if ((path === '/api' || path === '/apis') && wantsAggregatedDiscovery(headers.accept)) {
    const value = aggregated(registry, path === '/api');
    return { code: 200, value, mediaType: 'application/json', contentType: AGGREGATED_TYPE };
  }
  if (path === '/api') return get(method, coreVersions(headers.host ?? ''));
  if (path === '/apis') return get(method, groupList(registry));
  if (path.startsWith('/openapi/')) return serveOpenApi(registry.all, path, request);
  const info = parsePath(path);
  if (info === undefined || info.plural !== '' || path === '') return undefined;
  if (info.version === '') return found(method, singleGroup(registry, info.group));
  return found(method, resourceList(registry, info.group, info.version));
}

function serveOpenApi(all: RouterOptions['registry']['all'], path: string, { method, headers }: IncomingMessage): Answer {
  if (path === '/openapi/v2') {
    const document = openApiV2(all);
    if (headers.accept?.includes(OPENAPI_PROTOBUF) !== true) return get(method, document);
    // Go refuses the @ in an answer that it sends itself in Accept.
    return { ...get(method, encodeOpenApiV2(document)), mediaType: OPENAPI_PROTOBUF, contentType: OPENAPI_PROTOBUF.replace('@', '.') };
  }
  if (path === '/openapi/v3') return get(method, openApiV3Index(all));
  const groupVersion = /^\/openapi\/v3\/(?:api|apis)\/([^?]+)$/.exec(path)?.[1];
  return found(method, groupVersion === undefined ? undefined : openApiV3(all, groupVersion));
}

function found(method: string | undefined, value: object | undefined): Answer {
  if (value === undefined) throw noSuchPath();
  return get(method, value);
}

function get(method: string | undefined, value: unknown): Answer {
  if (method !== 'GET') throw methodNotAllowed(method ?? '');
  return { ...PLAIN, value };
}

function targetOf({ registry }: RouterOptions, info: RequestInfo, method: string): Target {
  const { group, version, plural, namespace, name, subresource } = info;
  const entry = registry.find(group, version, plural);
  if (entry === undefined || (namespace !== '' && !entry.resource.namespaced)) throw noSuchPath();
  if (entry.resource.namespaced && namespace === '') {
    if (name !== '') throw noSuchPath();
    if (OF_ONE_NAMESPACE.has(method)) throw methodNotAllowed(method);
  }
  if (subresource !== '' && !entry.subresources.includes(subresource)) throw noSuchPath();
  const target = { entry, namespace, name, subresource };
  const isPost = method === 'POST';
  if (isNodeRequest(target)) return target;
  if (isAction(target) ? !isPost : subresource !== '' && (isPost || method === 'DELETE')) throw methodNotAllowed(method);
  return target;
}
