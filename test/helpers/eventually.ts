/** Calls `probe` until it returns something other than undefined or false, or throws what it last threw after `ms`. */
export async function eventually<T>(probe: () => T | Promise<T>, what = 'condition', ms = 15_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + ms;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what} did not come true within ${ms} ms`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
