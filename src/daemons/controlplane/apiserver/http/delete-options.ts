import type { DeleteOptions } from '../../../../kube/client.ts';
import { invalid as invalidField, notSupported, type FieldError } from '../schema/field-error.ts';
import { isObject } from '../schema/json.ts';
import { badRequest, invalid } from '../status-error.ts';
import { integerIn, isTrue } from './query.ts';

/** What a DELETE asks for. */
export interface Deletion {
  readonly options: DeleteOptions;
  readonly dryRun: boolean;
}

const POLICIES = ['Foreground', 'Background', 'Orphan'] as const;

/** Reads metav1.DeleteOptions from a DELETE's body, or its query where the body says nothing. @throws StatusError 400, 422 */
export function readDeletion(query: URLSearchParams, body: unknown): Deletion {
  const options = isObject(body) ? body : {};
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

/** `orphanDependents` is the older way to say it. */
function policyIn(query: URLSearchParams, options: Record<string, unknown>): DeleteOptions['propagationPolicy'] {
  const orphan = options['orphanDependents'] ?? (query.has('orphanDependents') ? isTrue(query.get('orphanDependents')) : undefined);
  const asked = options['propagationPolicy'] ?? (query.get('propagationPolicy') || undefined);
  if (orphan !== undefined) {
    if (typeof orphan !== 'boolean') throw badRequest('orphanDependents must be true or false');
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

function isDryRun(query: URLSearchParams, { dryRun = query.getAll('dryRun') }: Record<string, unknown>): boolean {
  if (dryRun === null) return false;
  if (!Array.isArray(dryRun)) throw badRequest('dryRun must be a list');
  if (dryRun.some((value) => value !== 'All')) throw refusal(notSupported('dryRun', dryRun, ['All']));
  return dryRun.length > 0;
}

function refusal(error: FieldError) {
  return invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [error]);
}
