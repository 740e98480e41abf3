/** What identifies an element of a list: the value itself, or the value of its merge key. */
export type KeyOf = (element: unknown) => unknown;

/**
 * Brings a merged list into order as strategic merge patch does: elements that the patch names follow the order of `patchOrder`, the
 * others that of `serverOrder`, and where both lists know two elements their order in `serverOrder` decides how the two sides interleave.
 */
export function orderElements(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  keyOf: KeyOf,
): unknown[] {
  const inPatch = positions(patchOrder, keyOf);
  const inServer = positions(serverOrder, keyOf);
  const patchItems = sorted(
    merged.filter((element) => inPatch.has(keyOf(element))),
    inPatch,
    keyOf,
  );
  const serverItems = sorted(
    merged.filter((element) => !inPatch.has(keyOf(element))),
    inServer,
    keyOf,
  );
  const result: unknown[] = [];
  let next = 0;
  for (const item of patchItems) {
    const position = inServer.get(keyOf(item));
    while (position !== undefined && next < serverItems.length && (inServer.get(keyOf(serverItems[next])) ?? Infinity) < position) {
      result.push(serverItems[next++]);
    }
    result.push(item);
  }
  return [...result, ...serverItems.slice(next)];
}

function positions(list: readonly unknown[], keyOf: KeyOf): Map<unknown, number> {
  const map = new Map<unknown, number>();
  list.forEach((element, index) => {
    const key = keyOf(element);
    if (!map.has(key)) map.set(key, index);
  });
  return map;
}

function sorted(items: unknown[], order: ReadonlyMap<unknown, number>, keyOf: KeyOf): unknown[] {
  return items.sort((a, b) => (order.get(keyOf(a)) ?? 0) - (order.get(keyOf(b)) ?? 0));
}
