import { setTimeout as wait } from 'node:timers/promises';
import { MqttClient } from '../src/mqtt/client.ts';
import type { DeviceStatus } from '../src/protocol/devices.ts';
import { RESOURCES } from '../src/protocol/kubernetes.ts';
import type { Installation } from '../test/helpers/installation.ts';
import { sample } from './support/figure.ts';
import type { Bench } from './support/figure.ts';
import { cpuPerTime, report, reportedCount, topicOf, withSite } from './support/site.ts';

const WITHIN_MS = 30_000;
/** Enough that each has rested for its report interval when its turn comes again. */
const DEVICES = Array.from({ length: 60 }, (_, index) => `counter-${index}`);
const topicAt = (turn: number): string => topicOf(DEVICES[turn % DEVICES.length] ?? '');

export default {
  figure: 'from an MQTT report of a twin until a watch of DeviceStatus in the API has it',
  unit: 'ms',
  goal: { atMost: 10 },
  run: (quick) =>
    withSite(async (site) => {
      const client = await MqttClient.connect(site.mqttUrl);
      const stop = new AbortController();
      try {
        const arrived = await follow(site, stop.signal);
        await client.publish(topicAt(1), report(1));
        await arrived(1);
        const values: number[] = [];
        const measuring = async (): Promise<void> => {
          for (let value = 2; values.length < (quick ? 3 : 200); value += 1) {
            await wait(quick ? 0 : 20);
            const begun = performance.now();
            const [at] = await Promise.all([arrived(value), client.publish(topicAt(value), report(value))]);
            values.push(at - begun);
          }
        };
        const more = await cpuPerTime(site, () => values.length, measuring);
        return { kedge: sample(values), more, missing: ['cloudcore and edgecore of KubeEdge'] };
      } finally {
        stop.abort();
        await client.end(true);
      }
    }, DEVICES),
} satisfies Bench;

/** Resolves with the time at which the API told of a value of `count`. */
async function follow({ kube }: Installation, signal: AbortSignal): Promise<(value: number) => Promise<number>> {
  let latest = { value: 0, at: 0 };
  const waiting = new Set<() => void>();
  await new Promise<void>((opened, reject) => {
    void (async () => {
      const events = kube.watch<DeviceStatus>(RESOURCES.deviceStatus, { namespace: 'default', onOpen: opened, signal });
      for await (const event of events) {
        const at = performance.now();
        if (event.type === 'ADDED' || event.type === 'MODIFIED') latest = { value: reportedCount(event.object), at };
        for (const look of [...waiting]) look();
      }
    })().catch(reject);
  });
  return (value) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the API had no report within ${WITHIN_MS} ms`)), WITHIN_MS);
      const look = (): void => {
        if (latest.value !== value) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(latest.at);
      };
      waiting.add(look);
      look();
    });
}
