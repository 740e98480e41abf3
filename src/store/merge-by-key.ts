interface Keyed {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Both inputs ascend by namespace and name. Yields the rows with the overrides in their places: an override replaces the row
 * of its key, or stands where it was missing; one without `json` takes the row away.
 */
export function* mergeByKey<R extends Keyed & { json: string }>(
  rows: Iterable<R>,
  overrides: readonly (Keyed & { readonly json: string | undefined })[],
): Generator<Keyed & { json: string }> {
  let next = 0;
  for (const row of rows) {
    let replaced = false;
    for (let override = overrides[next]; override !== undefined && compare(override, row) <= 0; override = overrides[++next]) {
      replaced = compare(override, row) === 0;
      if (override.json !== undefined) yield { ...override, json: override.json };
    }
    if (!replaced) yield row;
  }
  for (const override of overrides.slice(next)) {
    if (override.json !== undefined) yield { ...override, json: override.json };
  }
}

function compare(a: Keyed, b: Keyed): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
}
