import { forbidden, StatusError } from '../status-error.ts';
import type { Attributes } from './attributes.ts';

/** The answer to a request that nobody allows, in the words of Kubernetes' API server. */
export function forbiddenRequest({ user, verb, resource, path = '' }: Attributes, reason: string): StatusError {
  const because = reason === '' ? '' : `: ${reason}`;
  const who = `User "${escaped(user.name)}" cannot ${escaped(verb)}`;
  if (resource === undefined) {
    return new StatusError(403, 'Forbidden', `forbidden: ${who} path "${escaped(path)}"${because}`, {});
  }
  const { group, plural, name, namespace, subresource } = resource;
  const what = subresource === '' ? plural : `${plural}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${escaped(namespace)}"`;
  return forbidden(resource, name, `${who} resource "${escaped(what)}" in API group "${escaped(group)}" ${where}${because}`);
}

/** For browsers that take the answer for HTML. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
