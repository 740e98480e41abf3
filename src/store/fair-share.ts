/** The largest part that each may have so that all together have at most `total`: who wants less than that gets all it wants. */
export function fairShare(wanted: readonly number[], total: number): number {
  let left = total;
  for (const [index, size] of [...wanted].sort((a, b) => a - b).entries()) {
    const share = left / (wanted.length - index);
    if (size > share) return share;
    left -= size;
  }
  return Infinity;
}
