import type { DeleteOptions } from '../../../../kube/client.ts';
import { invalid as invalidField, notSupported, type FieldError } from '../schema/field-error.ts';
import { isObject, type JsonObject } from '../schema/json.ts';
import { definitionFor } from '../schema/openapi-data.ts';
import { decodeObject } from '../schema/validate.ts';
import { givenKind } from '../decode.ts';
import { badRequest, invalid } from '../status-error.ts';
import { integerIn, isTrue } from './query.ts';

/** What a DELETE asks for. */
export interface Deletion {
  readonly options: DeleteOptions;
  readonly dryRun: boolean;
}

const KIND = 'DeleteOptions';
const SCHEMA = definitionFor({ group: '', version: 'v1', kind: KIND }) ?? {};
const POLICIES = ['Foreground', 'Background', 'Orphan'] as const;

/** Reads metav1.DeleteOptions from a DELETE's body; the query counts where there is none, as with Kubernetes. @throws StatusError 400, 422, InvalidObject */
export function readDeletion(given: URLSearchParams, body: unknown): Deletion {
  const options = body === undefined || body === null ? {} : decodeOptions(body);
  const query = body === undefined ? given : new URLSearchParams();
  const asked = options['gracePeriodSeconds'] ?? integerIn(query, 'gracePeriodSeconds');
  if (asked !== undefined && !Number.isSafeInteger(asked)) throw badRequest('gracePeriodSeconds must be an integer');
  const { uid, resourceVersion } = isObject(options['preconditions']) ? options['preconditions'] : {};
  const propagationPolicy = policyIn(query, options);
  return {
    options: {
      ...(typeof asked === 'number' ? { gracePeriodSeconds: asked } : {}),
      ...(propagationPolicy !== undefined && { propagationPolicy }),
      preconditions: {
        ...(typeof uid === 'string' ? { uid } : {}),
        ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
      },
    },
    dryRun: isDryRun(query, options),
  };
}

/** A precondition that cannot be read must not be taken for none. */
function decodeOptions(body: unknown): JsonObject {
  const { kind } = isObject(body) ? givenKind(body) : {};
  if (kind && kind !== KIND) throw badRequest(`${kind} cannot be handled as a ${KIND}`);
  return decodeObject(body, SCHEMA, 'Ignore').object as unknown as JsonObject;
}

/** `orphanDependents` is the older way to say it. */
function policyIn(query: URLSearchParams, options: JsonObject): DeleteOptions['propagationPolicy'] {
  const given = options['orphanDependents'] as boolean | undefined;
  const orphan = given ?? (query.has('orphanDependents') ? isTrue(query.get('orphanDependents')) : undefined);
  const asked = options['propagationPolicy'] ?? (query.get('propagationPolicy') || undefined);
  if (orphan !== undefined) {
    if (asked !== undefined) {
      throw refusal(invalidField('propagationPolicy', asked, 'orphanDependents and deletionPropagation cannot be both set'));
    }
    return orphan ? 'Orphan' : 'Background';
  }
  if (asked === undefined) return undefined;
  const policy = POLICIES.find((known) => known === asked);
  if (policy === undefined) throw refusal(notSupported('propagationPolicy', asked, [...POLICIES, 'nil']));
  return policy;
}

function isDryRun(query: URLSearchParams, options: JsonObject): boolean {
  const dryRun = (options['dryRun'] as string[] | undefined) ?? query.getAll('dryRun');
  if (dryRun.some((value) => value !== 'All')) throw refusal(notSupported('dryRun', dryRun, ['All']));
  return dryRun.length > 0;
}

function refusal(error: FieldError) {
  return invalid({ group: 'meta.k8s.io', kind: KIND }, '', [error]);
}
