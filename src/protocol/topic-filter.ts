/** Whether a topic matches a filter (MQTT 3.1.1 §4.7). */
export function matchesFilter(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const given = topic.split('/');
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (level !== '+' && level !== given[index]) return false;
    if (given[index] === undefined) return false;
  }
  return wanted.length === given.length;
}
