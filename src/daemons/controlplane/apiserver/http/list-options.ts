import type { ListQuery, Selection } from '../object-read.ts';
import { forbidden, notSupported, type FieldError } from '../schema/field-error.ts';
import { invalid } from '../status-error.ts';
import { integerIn } from './query.ts';

const MATCHES = ['Exact', 'NotOlderThan'];
const MATCH = 'resourceVersionMatch';

/** What the query of a list says (metav1.ListOptions). @throws StatusError 400, 422 */
export function listQuery(query: URLSearchParams): ListQuery {
  integerIn(query, 'timeoutSeconds');
  const [resourceVersion, match] = [query.get('resourceVersion') ?? '', query.get(MATCH) ?? ''];
  const errors = match === '' ? [] : matchErrors(match, resourceVersion, query.get('continue') ?? '');
  if (errors.length > 0) throw refusal(errors);
  return {
    ...selectors(query),
    limit: integerIn(query, 'limit'),
    continue: query.get('continue') ?? undefined,
    resourceVersion,
    resourceVersionMatch: match,
  };
}

/** What the query of a watch says beside its selectors must not say. @throws StatusError 422 */
export function assertWatchOptions(query: URLSearchParams): void {
  if (query.get(MATCH) && !query.has('sendInitialEvents')) throw refusal([forbidden(MATCH, `${MATCH} is forbidden for watch`)]);
}

export function selectors(query: URLSearchParams): Selection {
  return { labelSelector: query.get('labelSelector') ?? undefined, fieldSelector: query.get('fieldSelector') ?? undefined };
}

function matchErrors(match: string, resourceVersion: string, token: string): FieldError[] {
  const errors: FieldError[] = [];
  if (resourceVersion === '') errors.push(forbidden(MATCH, `${MATCH} is forbidden unless resourceVersion is provided`));
  if (token !== '') errors.push(forbidden(MATCH, `${MATCH} is forbidden when continue is provided`));
  if (!MATCHES.includes(match)) errors.push(notSupported(MATCH, match, [...MATCHES, '']));
  if (match === 'Exact' && resourceVersion === '0') {
    errors.push(forbidden(MATCH, `${MATCH} "exact" is forbidden for resourceVersion "0"`));
  }
  return errors;
}

function refusal(errors: FieldError[]) {
  return invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}
