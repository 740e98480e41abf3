import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { parseDuration } from '../../cli/duration.ts';
import { broker } from '../../cli/flags.ts';
import { payloadLine } from '../../cli/payload.ts';
import { table, visible } from '../../cli/table.ts';
import { adminRequest } from '../../client/admin-client.ts';
import { topicRows } from '../../client/mqtt-topics.ts';
import type { TopicRow } from '../../client/mqtt-topics.ts';
import { KedgeError } from '../../kernel/errors.ts';
import type { Device } from '../../protocol/devices.ts';

/** A topic on which something was published. */
interface SeenTopic {
  readonly topic: string;
  readonly messages: number;
  /** The newest payload. */
  readonly last: string;
}

const SHOWN = 60;

export default class MqttTopics extends BaseCommand<typeof MqttTopics> {
  static override summary = 'List the topics that this edge understands, device by device, with examples; or those that are in use.';
  static override examples = [
    '<%= config.bin %> mqtt topics',
    '<%= config.bin %> mqtt topics thermostat',
    '<%= config.bin %> mqtt topics --live --for 30s',
  ];
  static override args = { device: Args.string({ ignoreStdin: true, description: 'the device, as NAME or NAMESPACE/NAME' }) };
  static override flags = {
    live: Flags.boolean({ description: 'watch for what is really published' }),
    for: Flags.string({ description: 'how long to watch, with --live', helpValue: 'DURATION', default: '10s' }),
    ...broker,
  };

  override async run(): Promise<readonly (TopicRow | SeenTopic)[]> {
    return this.flags.live ? this.#live() : this.#list();
  }

  async #list(): Promise<TopicRow[]> {
    const { homePaths } = await import('../../config/home.ts');
    const { loadEdgeConfig } = await import('../../config/edge-config.ts');
    const { edge } = homePaths(this.flags.home);
    const devices = await adminRequest<Device[]>(edge.socket, 'GET', '/devices');
    const { device } = this.args;
    const wanted = device === undefined ? devices : devices.filter(({ metadata }) => isNamed(device, metadata));
    if (device !== undefined && wanted.length === 0)
      throw new KedgeError('NOT_FOUND', `this edge has no device ${device}`, { hint: 'kedge device list --at edge' });
    const all = topicRows(loadEdgeConfig(edge.config).nodeName, wanted).map((row) => ({ ...row, example: this.nextStep(row.example) }));
    const rows = device === undefined ? all : all.filter((row) => row.device !== undefined);
    return this.show(rows, () => sections(rows));
  }

  async #live(): Promise<SeenTopic[]> {
    const { home, for: duration, ...choice } = this.flags;
    const ms = parseDuration(duration);
    const [{ findBroker }, { MqttClient }] = await Promise.all([import('../../client/edge-broker.ts'), import('../../mqtt/client.ts')]);
    const { url, ...identity } = await findBroker(home, choice);
    const client = await MqttClient.connect(url, identity);
    const seen = new Map<string, SeenTopic>();
    client.onMessage(({ topic, payload }) => {
      seen.set(topic, { topic, messages: (seen.get(topic)?.messages ?? 0) + 1, last: payloadLine(payload) });
    });
    await client.subscribe(['#', '$hw/#', '$ke/#']);
    this.ui.line(`watching ${url} for ${duration}; Ctrl-C ends it earlier`);
    await new Promise<void>((resolve) => {
      this.interrupted.addEventListener('abort', () => resolve(), { once: true });
      setTimeout(resolve, ms);
    });
    await client.end(true);
    const topics = [...seen.values()].sort((a, b) => (a.topic < b.topic ? -1 : 1));
    return this.show(topics, () => (topics.length === 0 ? 'nothing was published' : table(topics, COLUMNS)));
  }
}

const COLUMNS = [
  { title: 'TOPIC', value: ({ topic }: SeenTopic) => topic },
  { title: 'MESSAGES', value: ({ messages }: SeenTopic) => messages },
  { title: 'LAST', value: ({ last }: SeenTopic) => (last.length > SHOWN ? `${last.slice(0, SHOWN)}…` : last) },
];

function isNamed(device: string, { name, namespace = 'default' }: Device['metadata']): boolean {
  return device === name || device === `${namespace}/${name}`;
}

/** A heading for each device, then two lines for each topic. */
function sections(rows: readonly TopicRow[]): string {
  const titles = [...new Set(rows.map(({ device }) => device))];
  return titles
    .map((title) => {
      const own = rows.filter(({ device }) => device === title);
      const lines = own.map(
        ({ action, topic, purpose, example }) => `  ${action.padEnd(9)}  ${topic}\n  ${' '.repeat(9)}  ${purpose}: ${example}`,
      );
      return [title === undefined ? 'this node' : `device ${title}`, ...lines]
        .map((line) => line.split('\n').map(visible).join('\n'))
        .join('\n');
    })
    .join('\n\n');
}
