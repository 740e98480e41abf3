import { BaseCommand } from '../../cli/base-command.ts';
import { fields } from '../../cli/fields.ts';
import { readEdgeModule } from '../../client/status.ts';
import { isRecord } from '../../protocol/message.ts';

export default class MqttStatus extends BaseCommand<typeof MqttStatus> {
  static override summary = "Show the MQTT side of this home's edge: mode, URLs, clients, what it keeps, and the external broker.";
  static override examples = ['<%= config.bin %> mqtt status', '<%= config.bin %> mqtt status -o json'];

  override async run(): Promise<Readonly<Record<string, unknown>>> {
    const facts = await readEdgeModule(this.flags.home, 'eventbus');
    const urls = Array.isArray(facts['urls']) ? facts['urls'].map(String) : [];
    return this.show(facts, () =>
      fields({ Mode: textOf(facts['mode']), URLs: urls, ...ownFields(facts), ...externalFields(facts['external']) }),
    );
  }
}

function ownFields({ clients, users, sessions, queued, retained, dropped, closed }: Readonly<Record<string, unknown>>) {
  return {
    Clients: textOf(clients),
    Users: textOf(users),
    Sessions: textOf(sessions),
    'Waiting for sessions': textOf(queued),
    'Retained messages': textOf(retained),
    'Dropped, no room': dropped === 0 ? undefined : textOf(dropped),
    'Refuses everybody': Array.isArray(closed) ? closed.map((url) => `${url} (no user yet: kedge mqtt user add NAME)`) : undefined,
  };
}

function externalFields(external: unknown): Record<string, string | undefined> {
  if (!isRecord(external)) return {};
  const { url, connected, protocol, queued, dropped, problem } = external;
  return {
    'External broker': textOf(url),
    Link: connected === true ? `connected, MQTT ${textOf(protocol) ?? ''}` : 'not connected',
    'Waiting to be published': textOf(queued),
    'Given up, oldest first': dropped === 0 ? undefined : textOf(dropped),
    Problem: textOf(problem),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
