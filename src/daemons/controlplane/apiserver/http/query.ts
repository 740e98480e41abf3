import { badRequest } from '../status-error.ts';

/** A whole number in a query; undefined when it is not there or empty. @throws StatusError 400 */
export function integerIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d{1,15}$/.test(text)) throw badRequest(`${name}: strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Number(text);
}

/** Whether a query parameter says yes: as Kubernetes has it, what is there and says neither `false` nor `0`. */
export function isTrue(text: string | null): boolean {
  return text !== null && text.toLowerCase() !== 'false' && text !== '0';
}
