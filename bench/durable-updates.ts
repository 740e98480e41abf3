import { MqttClient } from '../src/mqtt/client.ts';
import type { DeviceStatus } from '../src/protocol/devices.ts';
import { RESOURCES } from '../src/protocol/kubernetes.ts';
import { openDatabase } from '../src/store/database.ts';
import { eventually } from '../test/helpers/eventually.ts';
import type { Installation } from '../test/helpers/installation.ts';
import { temporaryFolder } from '../test/helpers/kedge.ts';
import { sample } from './support/figure.ts';
import type { Bench, Peer } from './support/figure.ts';
import { withMosquitto } from './support/mosquitto.ts';
import { cpuPerTime, DEVICE, report, reportedCount, TOPIC, withSite } from './support/site.ts';

/** The API may be this much behind the edge after the last report. */
const LAG_GOAL_S = 1.5;
const WARM_UP_SECONDS = 5;

export default {
  figure: 'twin reports over MQTT at QoS 1, one at a time, each on disk before its PUBACK',
  unit: '1/s',
  goal: { atLeast: 1500 },
  run: async (quick) => {
    const seconds = quick ? 0.2 : 5;
    const rounds = quick ? 1 : 3;
    const rates: number[] = [];
    const lags: number[] = [];
    const cpu = await withSite(async (site) => {
      const client = await MqttClient.connect(site.mqttUrl);
      let value = 0;
      const round = async (): Promise<void> => {
        rates.push(await rate(seconds, () => client.publish(TOPIC, report((value += 1)))));
        lags.push(await lagSeconds(site, value));
      };
      try {
        // What a daemon has compiled in its first seconds it keeps for months.
        await rate(quick ? 0 : WARM_UP_SECONDS, () => client.publish(TOPIC, report((value += 1))));
        const before = value;
        return await cpuPerTime(
          site,
          () => value - before,
          () => repeat(rounds, round),
        );
      } finally {
        await client.end(true);
      }
    });
    const { median: apiLagSeconds } = sample(lags);
    const mosquitto = await mosquittoPeer(seconds, rounds);
    const peers = [await diskPeer(seconds, rounds), ...(mosquitto === undefined ? [] : [mosquitto])];
    const missing = ['edgecore of KubeEdge', ...(mosquitto === undefined ? ['mosquitto'] : [])];
    return { kedge: sample(rates), peers, missing, more: { apiLagSeconds, ...cpu }, alsoMet: apiLagSeconds <= LAG_GOAL_S };
  },
} satisfies Bench;

/** How long after now the API has the value. */
async function lagSeconds({ kube }: Installation, value: number): Promise<number> {
  const begun = performance.now();
  await eventually(
    async () => reportedCount(await kube.get<DeviceStatus>(RESOURCES.deviceStatus, DEVICE.name, DEVICE.namespace)) === value,
    'the last report in the API',
    60_000,
  );
  return (performance.now() - begun) / 1000;
}

async function repeat(rounds: number, once: () => Promise<void>): Promise<void> {
  for (let round = 0; round < rounds; round += 1) await once();
}

/** What the disk and SQLite allow at most: one small row, one commit. */
async function diskPeer(seconds: number, rounds: number): Promise<Peer> {
  const folder = await temporaryFolder();
  const db = openDatabase(`${folder.path}/data.db`, ['CREATE TABLE twin (name TEXT PRIMARY KEY, value TEXT)']);
  try {
    const put = db.prepare<[string]>("INSERT OR REPLACE INTO twin VALUES ('count', ?)");
    let value = 0;
    const rates: number[] = [];
    await repeat(rounds, async () => void rates.push(await rate(seconds, () => Promise.resolve(put.run(String((value += 1)))))));
    return { name: 'SQLite alone, one commit per row (the floor)', ...sample(rates) };
  } finally {
    db.close();
    await folder.remove();
  }
}

async function mosquittoPeer(seconds: number, rounds: number): Promise<Peer | undefined> {
  return withMosquitto(async (url) => {
    const client = await MqttClient.connect(url);
    try {
      let value = 0;
      const rates: number[] = [];
      for (let round = 0; round < rounds; round += 1) rates.push(await rate(seconds, () => client.publish(TOPIC, report((value += 1)))));
      return { name: 'mosquitto, PUBACK without any disk', ...sample(rates) };
    } finally {
      await client.end(true);
    }
  });
}

/** How often per second `once` is done, one after the other. */
async function rate(seconds: number, once: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  let count = 0;
  while (performance.now() - begun < seconds * 1000) {
    await once();
    count += 1;
  }
  return count / ((performance.now() - begun) / 1000);
}
