export type OutputFormat = 'table' | 'wide' | 'name' | 'json' | 'yaml';

/** The text for people: a table, the wide table, or one name per line. */
export type Human = (format: 'table' | 'wide' | 'name') => string;

/** The text of a result: JSON and YAML are the result itself, everything else is what `human` makes of it. */
export async function render(result: unknown, format: OutputFormat, human: Human): Promise<string> {
  if (format === 'json') return JSON.stringify(result, null, 2);
  if (format === 'yaml') {
    const { stringify } = await import('yaml');
    return stringify(result, { aliasDuplicateObjects: false }).trimEnd();
  }
  return human(format);
}
