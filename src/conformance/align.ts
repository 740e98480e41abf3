/** What it costs that two belong together, or that one has no partner. */
export interface Costs<L, R> {
  readonly pair: (left: L, right: R) => number;
  readonly missing: (left: L) => number;
  readonly surplus: (right: R) => number;
}

/** Pairs two sequences in their order at the least cost. What is left of `right` is in no pair. Pure; lengths multiply. */
export function align<L, R>(left: readonly L[], right: readonly R[], costs: Costs<L, R>): { left: L; right: R | undefined }[] {
  const table = costTable(left, right, costs);
  const at = (row: number, column: number): Cell => table[row]?.[column] ?? { cost: Infinity, step: 'surplus' };
  const pairs: { left: L; right: R | undefined }[] = [];
  let [row, column] = [left.length, right.length];
  while (row > 0 || column > 0) {
    const { step } = at(row, column);
    const own = left[row - 1];
    if (step !== 'surplus' && own !== undefined) pairs.unshift({ left: own, right: step === 'pair' ? right[column - 1] : undefined });
    if (step !== 'surplus') row -= 1;
    if (step !== 'missing') column -= 1;
  }
  return pairs;
}

interface Cell {
  readonly cost: number;
  readonly step: 'pair' | 'missing' | 'surplus';
}

function costTable<L, R>(left: readonly L[], right: readonly R[], { pair, missing, surplus }: Costs<L, R>): Cell[][] {
  const table: Cell[][] = [[{ cost: 0, step: 'pair' }]];
  const cost = (row: number, column: number): number => table[row]?.[column]?.cost ?? Infinity;
  const [ofMissing, ofSurplus] = [left.map(missing), right.map(surplus)];
  for (let row = 0; row <= left.length; row += 1) {
    const line: Cell[] = (table[row] ??= []);
    for (let column = 0; column <= right.length; column += 1) {
      if (row === 0 && column === 0) continue;
      const [own, other] = [left[row - 1], right[column - 1]];
      const choices: Cell[] = [
        ...(own !== undefined && other !== undefined
          ? [{ cost: cost(row - 1, column - 1) + pair(own, other), step: 'pair' as const }]
          : []),
        ...(own !== undefined ? [{ cost: cost(row - 1, column) + (ofMissing[row - 1] ?? 0), step: 'missing' as const }] : []),
        ...(other !== undefined ? [{ cost: cost(row, column - 1) + (ofSurplus[column - 1] ?? 0), step: 'surplus' as const }] : []),
      ];
      line[column] = choices.reduce((best, choice) => (choice.cost < best.cost ? choice : best));
    }
  }
  return table;
}
