export type OutputFormat = 'table' | 'wide' | 'name' | 'csv' | 'plot' | 'json' | 'yaml';

/** The text for people: a table, the wide table, one name per line, or what else the command's `-o` offers. */
export type Human = (format: Exclude<OutputFormat, 'json' | 'yaml'>) => string;

/** One `kind.group/name` per line, as kubectl prints names. */
export function names(
  { kind, group }: { readonly kind: string; readonly group: string },
  objects: readonly { metadata: { name: string } }[],
): string {
  const prefix = group === '' ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
  return objects.map(({ metadata }) => `${prefix}/${metadata.name}`).join('\n');
}

/** The text of a result: JSON and YAML are the result itself, everything else is what `human` makes of it. */
export async function render(result: unknown, format: OutputFormat, human: Human): Promise<string> {
  if (format !== 'json' && format !== 'yaml') return human(format);
  const json = JSON.stringify(result, withoutManagedFields, 2);
  if (format === 'json') return json;
  const { stringify } = (await import('yaml')).default;
  // Kubernetes' tools read YAML 1.1, where a bare `on` or `yes` is no text.
  return stringify(JSON.parse(json) as unknown, { version: '1.1' }).trimEnd();
}

/** As kubectl does: who set which field is bookkeeping of the API. */
function withoutManagedFields(key: string, value: unknown): unknown {
  return key === 'managedFields' ? undefined : value;
}
