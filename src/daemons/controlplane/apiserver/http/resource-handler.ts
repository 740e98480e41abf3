import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../../../../kernel/log.ts';
import type { KubeList, KubeObject, Status, User } from '../../../../protocol/kubernetes.ts';
import { act, isAction } from '../actions.ts';
import { PLAIN_WRITE, type ApiContext, type Target, type WriteOptions } from '../api-context.ts';
import { presentAnswer } from '../decode.ts';
import { createObject } from '../object-create.ts';
import { deleteCollection, deleteObject } from '../object-delete.ts';
import { getObject, listStored } from '../object-read.ts';
import { applyObject } from '../object-apply.ts';
import { patchObject, updateObject } from '../object-update.ts';
import { askNode, isNodeRequest } from '../pods/node-request.ts';
import { applyScale, getScale, isScale, patchScale, SCALES, updateScale } from '../scale.ts';
import { ObjectWatch } from '../object-watch.ts';
import { notSupported, type FieldError } from '../schema/field-error.ts';
import type { PatchKind } from '../schema/patch.ts';
import type { IncludeObject } from '../schema/table.ts';
import { invalid, methodNotAllowed, unsupportedMediaType, type StatusError } from '../status-error.ts';
import { readDeletion, type Deletion } from './delete-options.ts';
import { negotiate } from './negotiate.ts';
import { APPLY_TYPE, fieldManagerOf, managerErrors } from './field-manager-options.ts';
import { assertWatchOptions, listQuery, selectors } from './list-options.ts';
import { integerIn, isTrue } from './query.ts';
import type { WatchObserver } from '../metrics/watch-series.ts';
import { contentType, parseApplied, parseJson, readObject, readText } from './request-body.ts';
import { listBody } from './list-body.ts';
import { shapeAny, shapeObject, type Shaping } from './represent.ts';
import type { Answer } from './respond.ts';
import { writeWatch } from './watch-response.ts';

export interface ResourceRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: Target;
  readonly user: User;
  readonly query: URLSearchParams;
  readonly log: Logger;
  /** Of the body. */
  readonly maxBodyBytes: number;
  readonly signal: AbortSignal;
  /** Called when the answer is a watch. */
  readonly observeWatch: () => WatchObserver;
}

const PATCH_KINDS: Readonly<Record<string, PatchKind>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
};
const INCLUDE_OBJECT: readonly IncludeObject[] = ['None', 'Metadata', 'Object'];
/** A watch that names no timeout ends between 30 and 60 minutes, so that clients spread. */
const WATCH_MINUTES = 30;

/** Serves one request for an object or a collection; undefined when the answer has been written (a watch). @throws StatusError */
export async function serveResource(context: ApiContext, call: ResourceRequest): Promise<Answer | undefined> {
  const { request, target, query } = call;
  const { mediaType, as } = negotiate(request.headers.accept);
  const shaping: Shaping = { entry: target.entry, as, includeObject: includeObject(query), now: new Date(context.clock.now()) };
  if (isNodeRequest(target)) return askNode(context, target, request.method ?? '', query);
  if (request.method !== 'GET') {
    const warnings: string[] = [];
    const { object, code = 200 } = await write(context, call, { ...writeOptions(request, query, warnings), user: call.user });
    return { code, value: shapeAny(presentAnswer(target.entry, object), shaping), mediaType, warnings };
  }
  // As with Kubernetes: of one object there is no watch, other than a collection's with a field selector.
  if (target.name === '' && isTrue(query.get('watch'))) {
    watch(context, call, shaping);
    return undefined;
  }
  if (isScale(target)) return { code: 200, value: shapeObject(getScale(context, target), { ...shaping, entry: SCALES }), mediaType };
  const value =
    target.name === ''
      ? listBody(listStored(context, target, listQuery(query)), shaping, mediaType)
      : shapeObject(getObject(context, target, query.get('resourceVersion') ?? undefined), shaping);
  return { code: 200, value, mediaType };
}

async function write(
  context: ApiContext,
  call: ResourceRequest,
  options: WriteOptions,
): Promise<{ object: KubeObject | KubeList | Status; code?: number }> {
  const { request, target, query } = call;
  const read = (): Promise<unknown> => readObject(request, call.maxBodyBytes);
  if (isAction(target)) return { object: await act(context, target, await read(), options), code: 201 };
  if (isScale(target) && request.method === 'PUT') return { object: await updateScale(context, target, await read(), options) };
  switch (`${request.method ?? ''} ${target.name === '' ? 'collection' : 'object'}`) {
    case 'POST collection':
      return { object: await createObject(context, target, await read(), options), code: 201 };
    case 'PUT object': {
      const { object, created } = await updateObject(context, target, await read(), options);
      return { object, code: created ? 201 : 200 };
    }
    case 'PATCH object':
      return patch(context, call, options);
    case 'DELETE object':
      return { object: await deleteOne(context, call, readDeletion(query, await read())) };
    case 'DELETE collection':
      return { object: await deleteMany(context, call, readDeletion(query, await read())) };
    default:
      throw methodNotAllowed(request.method ?? '');
  }
}

async function patch(context: ApiContext, call: ResourceRequest, options: WriteOptions): Promise<{ object: KubeObject; code?: number }> {
  const { request, target, query } = call;
  if (contentType(request) !== APPLY_TYPE) {
    const write = isScale(target) ? patchScale : patchObject;
    return { object: await write(context, target, await readPatch(call), options) };
  }
  const config = parseApplied(await readText(request, call.maxBodyBytes));
  const force = isTrue(query.get('force'));
  if (isScale(target)) return { object: await applyScale(context, target, config, { ...options, force }) };
  const { object, created } = await applyObject(context, target, config, { ...options, force });
  return { object, code: created ? 201 : 200 };
}

function deleteOne(context: ApiContext, { target, user }: ResourceRequest, { options, dryRun }: Deletion): Promise<KubeObject | Status> {
  return deleteObject(context, target, options, { user, dryRun });
}

function deleteMany(context: ApiContext, { target, query, user }: ResourceRequest, { options, dryRun }: Deletion): Promise<KubeList> {
  return deleteCollection(context, target, listQuery(query), options, { user, dryRun });
}

function watch(context: ApiContext, { response, target, query, log, signal, observeWatch }: ResourceRequest, shaping: Shaping): void {
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  const initial = query.get('sendInitialEvents');
  assertWatchOptions(query);
  const seconds = integerIn(query, 'timeoutSeconds') || WATCH_MINUTES * 60 * (1 + Math.random());
  const watch = new ObjectWatch(context, target, {
    ...selectors(query),
    resourceVersion: query.get('resourceVersion') ?? undefined,
    allowWatchBookmarks: bookmarks,
    sendInitialEvents: initial === null ? undefined : isTrue(initial),
  });
  const timeoutMs = seconds * 1000;
  writeWatch(response, watch, { clock: context.clock, log, shaping, bookmarks, timeoutMs, signal, observer: observeWatch() });
}

async function readPatch({ request, target, maxBodyBytes }: ResourceRequest): Promise<{ kind: PatchKind; body: unknown }> {
  const kind = PATCH_KINDS[contentType(request)];
  const accepted = Object.keys(PATCH_KINDS).filter((type) => target.entry.custom === undefined || PATCH_KINDS[type] !== 'strategic');
  if (kind === undefined || !accepted.includes(contentType(request))) throw unsupportedMediaType([...accepted, APPLY_TYPE]);
  return { kind, body: parseJson(await readText(request, maxBodyBytes)) };
}

function writeOptions(request: IncomingMessage, query: URLSearchParams, warnings: string[]): WriteOptions {
  const { method = '' } = request;
  const dryRun = query.getAll('dryRun');
  if (dryRun.some((value) => value !== 'All')) throw badOption(method, notSupported('dryRun', dryRun, ['All']));
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  if (fieldValidation !== 'Strict' && fieldValidation !== 'Warn' && fieldValidation !== 'Ignore') {
    throw badOption(method, notSupported('fieldValidation', fieldValidation, ['Ignore', 'Strict', 'Warn']));
  }
  const [error] = managerErrors(method, contentType(request), query);
  if (error !== undefined) throw badOption(method, error);
  return {
    ...PLAIN_WRITE,
    dryRun: dryRun.length > 0,
    fieldValidation,
    fieldManager: fieldManagerOf(query, request.headers['user-agent']),
    tracksCreated: true,
    warn: (warning) => warnings.push(warning),
  };
}

/** A query parameter of metav1.CreateOptions and its like that cannot be. */
function badOption(method: string, error: FieldError): StatusError {
  const kind = { POST: 'CreateOptions', PUT: 'UpdateOptions', PATCH: 'PatchOptions' }[method] ?? 'DeleteOptions';
  return invalid({ group: 'meta.k8s.io', kind }, '', [error]);
}

function includeObject(query: URLSearchParams): IncludeObject {
  return INCLUDE_OBJECT.find((value) => value === query.get('includeObject')) ?? 'Metadata';
}
