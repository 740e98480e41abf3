/** The candidate that was probably meant: the one that the fewest changes of one letter lead to, if these are few; undefined if none is near. */
export function closest(text: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor((text.length + 2) / 4));
  const ranked = candidates.map((candidate) => ({ candidate, changes: changesBetween(text, candidate) }));
  return ranked.filter(({ changes }) => changes <= limit).sort((a, b) => a.changes - b.changes)[0]?.candidate;
}

/** Levenshtein's distance: how many letters must be added, removed or replaced. */
function changesBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, letter] of Array.from(from).entries()) {
    const next = [line + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + Number(to[column - 1] !== letter);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
