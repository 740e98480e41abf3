/** True for a topic filter of MQTT 3.1.1 §4.7: `#` alone in the last level, `+` alone in a level. */
export function isTopicFilter(text: string): boolean {
  const levels = text.split('/');
  return (
    text !== '' &&
    !text.includes('\0') &&
    levels.every((level, index) => (level === '#' ? index === levels.length - 1 : level === '+' || !/[+#]/.test(level)))
  );
}

/** True when a topic falls under a filter. Wildcards in the first level leave out what begins with `$` (MQTT 3.1.1 §4.7.2). */
export function matchesFilter(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  return covers(filter.split('/'), topic.split('/'));
}

/** True when everything that falls under the filter `inner` falls under `outer`, too. */
export function coversFilter(outer: string, inner: string): boolean {
  if (inner.startsWith('$') && /^[+#]/.test(outer)) return false;
  return covers(outer.split('/'), inner.split('/'));
}

/** A `#` within `levels` is only under another `#`; a `+` only under a wildcard. */
function covers(filter: readonly string[], levels: readonly string[]): boolean {
  for (const [index, level] of filter.entries()) {
    if (level === '#') return true;
    const other = levels[index];
    if (other === undefined || other === '#' || (level !== '+' && level !== other)) return false;
  }
  return filter.length === levels.length;
}
