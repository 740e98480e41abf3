import { KedgeError } from '../kernel/errors.ts';

/** Reads `name=value` pairs from a command line. @throws KedgeError INVALID_INPUT for another form, or a name given twice */
export function parsePairs(
  pairs: readonly string[],
  { example, emptyValues = false }: { example: string; emptyValues?: boolean },
): Map<string, string> {
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new KedgeError('INVALID_INPUT', `"${pair}" is not NAME=VALUE`, { hint: `for example ${example}` });
    const name = pair.slice(0, at);
    if (at === pair.length - 1 && !emptyValues)
      throw new KedgeError('INVALID_INPUT', `${name} is given no value: an empty one cannot be set, KubeEdge takes it for none`, {
        hint: `for example ${example}`,
      });
    if (values.has(name)) throw new KedgeError('INVALID_INPUT', `${name} is given twice`);
    values.set(name, pair.slice(at + 1));
  }
  return values;
}
