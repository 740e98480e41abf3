import { expect } from 'chai';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceTwin } from '../../src/daemons/edge/devicetwin/device-twin.ts';
import { Dispatcher } from '../../src/daemons/edge/edgehub/dispatcher.ts';
import { Waiters } from '../../src/daemons/edge/edgehub/waiters.ts';
import type { EdgeEvents } from '../../src/daemons/edge/events.ts';
import { MetaManager } from '../../src/daemons/edge/metamanager/meta-manager.ts';
import { Bus } from '../../src/kernel/bus.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { encodeMessage, newMessage } from '../../src/protocol/message.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { Database } from '../../src/store/database.ts';
import { EDGE_MIGRATIONS } from '../../src/store/edge-schema.ts';
import { deviceObject, HISTORY_LIMITS, modelObject } from '../helpers/device-edge.ts';
import { testScope } from '../helpers/test-scope.ts';
import type { TestScope } from '../helpers/test-scope.ts';

/** What an edge does with the cloud's messages, from the frame to the tables. */
class Receiver {
  readonly #db: Database;
  readonly #scope: TestScope = testScope();
  readonly dispatcher: Dispatcher;
  readonly twin: DeviceTwin;

  constructor(path: string) {
    const db = openDatabase(path, EDGE_MIGRATIONS);
    this.#db = db;
    const bus = new Bus<EdgeEvents>();
    const send = (): boolean => true;
    const meta = new MetaManager({
      db,
      bus,
      send,
      request: () => Promise.reject(new Error('nobody asks')),
      isConnected: send,
      isKedgeCloud: send,
      clock: systemClock,
    });
    const stored = { listStored: (type: string) => meta.list(type), getStored: meta.get.bind(meta) };
    this.twin = new DeviceTwin({
      history: HISTORY_LIMITS,
      ...stored,
      db,
      nodeName: 'edge1',
      reportIntervalMs: 0,
      bus,
      send,
      isConnected: send,
      isKedgeCloud: send,
      publish: () => undefined,
    });
    const handlers = { metaManager: meta.receive.bind(meta), deviceTwin: this.twin.receive.bind(this.twin) };
    this.dispatcher = new Dispatcher(handlers, new Waiters(systemClock), send, silentLogger);
    void meta.start(this.#scope);
  }

  async start(): Promise<this> {
    await this.twin.start(this.#scope);
    return this;
  }

  async stop(): Promise<void> {
    await this.#scope.end();
    this.#db.close();
  }
}

const property = fc.record(
  {
    name: fc.oneof(fc.constantFrom('t', '__proto__'), fc.jsonValue()),
    type: fc.jsonValue(),
    desired: fc.oneof(fc.jsonValue(), fc.record({ value: fc.jsonValue(), metadata: fc.jsonValue() })),
  },
  { requiredKeys: [] },
);
const spec = fc.oneof(
  fc.jsonValue(),
  fc.record({ properties: fc.oneof(fc.jsonValue(), fc.array(property)), deviceModelRef: fc.jsonValue() }, { requiredKeys: [] }),
);
const metadata = fc.oneof(
  fc.jsonValue(),
  fc.record(
    { name: fc.jsonValue(), namespace: fc.jsonValue(), uid: fc.jsonValue(), labels: fc.jsonValue(), resourceVersion: fc.jsonValue() },
    { requiredKeys: [] },
  ),
  fc.constant({ name: 'd', namespace: 'default', uid: 'u' }),
);
const twins = fc.oneof(
  fc.jsonValue(),
  fc.dictionary(
    fc.string(),
    fc.record({ expected: fc.jsonValue(), metadata: fc.jsonValue(), expected_version: fc.jsonValue() }, { requiredKeys: [] }),
  ),
);
const member = fc.array(
  fc.oneof(fc.jsonValue(), fc.record({ id: fc.oneof(fc.constantFrom('d', 'default/d', 'a/b/c', ''), fc.jsonValue()), twin: twins })),
);
const content = fc.oneof(
  fc.jsonValue(),
  fc.record({ metadata, spec }),
  fc.record(
    { event_id: fc.jsonValue(), added_devices: fc.oneof(fc.jsonValue(), member), removed_devices: fc.oneof(fc.jsonValue(), member) },
    { requiredKeys: [] },
  ),
  fc.record({ event_id: fc.jsonValue(), twin: twins }),
);
const route = fc.record({
  source: fc.constantFrom('devicecontroller', 'edgecontroller', ''),
  group: fc.constantFrom('resource', 'twin', 'func', 'user', 'meta'),
  operation: fc.constantFrom('insert', 'update', 'delete', 'response', 'error', 'ping', 'get'),
  resource: fc.constantFrom(
    'default/device/d',
    'default/devicemodel/m',
    'null/node/n',
    'membership',
    'twin',
    'device/d/twin/cloud_updated',
    'device//twin/cloud_updated',
    '///',
    '',
  ),
});

describe('hostile clouds', () => {
  it('whatever comes: every frame is taken, the edge starts again on what was stored, and good objects still work', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'kedge-hostile-'));
    const path = join(dir, 'data.db');
    let edge = await new Receiver(path).start();
    try {
      const frame = fc.oneof(
        fc.string(),
        fc.json(),
        fc.tuple(route, content).map(([to, of]) => encodeMessage(newMessage(to, of))),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(frame, { minLength: 10, maxLength: 30 }), async (frames) => {
          for (const text of frames) await edge.dispatcher.handle(text);
          await edge.stop();
          edge = await new Receiver(path).start();
          edge.twin.listDevices();
        }),
        { numRuns: 60 },
      );
      const send = (type: string, name: string, object: object): Promise<void> =>
        edge.dispatcher.handle(
          encodeMessage(
            newMessage({ source: 'devicecontroller', group: 'resource', operation: 'insert', resource: `default/${type}/${name}` }, object),
          ),
        );
      await send('devicemodel', 'model1', modelObject({ t: 'INT' }));
      await send('device', 'sensor1', deviceObject([{ name: 't', desired: '22' }]));
      expect(edge.twin.getTwins('default', 'sensor1')?.[0]?.observedDesired).to.deep.include({ value: '22' });
    } finally {
      await edge.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
