import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MqttClient } from '../../src/mqtt/client.ts';
import { eventually } from '../../test/helpers/eventually.ts';
import { freePorts, temporaryFolder } from '../../test/helpers/kedge.ts';
import { end } from './processes.ts';

/** A mosquitto with `persistence true` for the time of `work`; undefined when there is none on this machine. */
export async function withMosquitto<T>(work: (url: string) => Promise<T>): Promise<T | undefined> {
  const folder = await temporaryFolder();
  const [port = 0] = await freePorts(1);
  const config = join(folder.path, 'mosquitto.conf');
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'persistence true', `persistence_location ${folder.path}/`];
  await writeFile(config, `${lines.join('\n')}\nuser root\n`);
  const broker = spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
  try {
    const started = await new Promise<boolean>((resolve) => broker.once('spawn', () => resolve(true)).once('error', () => resolve(false)));
    if (!started) return undefined;
    const url = `mqtt://127.0.0.1:${port}`;
    const client = await eventually(() => MqttClient.connect(url, { reconnect: false }), 'mosquitto');
    await client.end();
    return await work(url);
  } finally {
    if (broker.pid !== undefined) await end(broker);
    await folder.remove();
  }
}
