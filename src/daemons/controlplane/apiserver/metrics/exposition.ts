import type { Metric, Registry } from 'prom-client';
import type { Family } from './family.ts';

/**
 * Makes Prometheus' text of these families, and of what prom-client tells of the process (`process_*`, `nodejs_*`), each time that the
 * returned function is called. The library takes memory and a timer, which nobody pays who does not ask.
 */
export async function expose(families: () => readonly Family[]): Promise<() => Promise<string>> {
  // A bundle of it has no other exports.
  const { collectDefaultMetrics, Registry } = (await import('prom-client')).default;
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  return async () => {
    const registry: Registry = new Registry();
    for (const family of families()) registry.registerMetric(asMetric(family));
    // The format's word for no number is another one than prom-client's.
    return `${await registry.metrics()}\n${await ofProcess.metrics()}`.replaceAll(/ Nan$/gm, ' NaN');
  };
}

/** All that a registry asks of a metric is its values. */
function asMetric(family: Family): Metric {
  return { ...family, get: () => Promise.resolve({ ...family, aggregator: 'sum' }) } as unknown as Metric;
}
