import { setTimeout as wait } from 'node:timers/promises';
import { MqttClient } from '../src/mqtt/client.ts';
import { RESOURCES } from '../src/protocol/kubernetes.ts';
import type { Installation } from '../test/helpers/installation.ts';
import { sample } from './support/figure.ts';
import type { Bench } from './support/figure.ts';
import { cpuPerTime, DEVICE, TOPIC, withSite } from './support/site.ts';

const WITHIN_MS = 30_000;

export default {
  figure: 'from a change of a desired value in the API until an MQTT client has the delta',
  unit: 'ms',
  goal: { atMost: 12 },
  run: (quick) =>
    withSite(async (site) => {
      const client = await MqttClient.connect(site.mqttUrl);
      try {
        const arrived = await listen(client);
        await change(site, 1, arrived);
        const values: number[] = [];
        const measuring = async (): Promise<void> => {
          for (let value = 2; values.length < (quick ? 3 : 200); value += 1) {
            await wait(quick ? 0 : 20);
            values.push(await change(site, value, arrived));
          }
        };
        const more = await cpuPerTime(site, () => values.length, measuring);
        return { kedge: sample(values), more, missing: ['cloudcore and edgecore of KubeEdge'] };
      } finally {
        await client.end(true);
      }
    }),
} satisfies Bench;

type Arrived = (value: number) => Promise<number>;

/** Resolves with the time at which the delta of a value came. */
async function listen(client: MqttClient): Promise<Arrived> {
  const awaited = new Map<number, (at: number) => void>();
  client.onMessage(({ payload }) => {
    const at = performance.now();
    const { twin } = JSON.parse(payload.toString()) as { twin?: { target?: { expected?: { value?: string } } } };
    awaited.get(Number(twin?.target?.expected?.value))?.(at);
  });
  await client.subscribe(`${TOPIC}/delta`);
  return (value) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no delta within ${WITHIN_MS} ms`)), WITHIN_MS);
      awaited.set(value, (at) => {
        clearTimeout(timer);
        awaited.delete(value);
        resolve(at);
      });
    });
}

async function change({ kube }: Installation, value: number, arrived: Arrived): Promise<number> {
  const properties = [{ name: 'count' }, { name: 'target', desired: { value: String(value) } }];
  const arrival = arrived(value);
  const begun = performance.now();
  const [at] = await Promise.all([arrival, kube.patch(RESOURCES.device, DEVICE, { spec: { properties } }, 'merge')]);
  return at - begun;
}
