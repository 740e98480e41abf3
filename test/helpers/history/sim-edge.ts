import { DeviceTwin } from '../../../src/daemons/edge/devicetwin/device-twin.ts';
import { EdgeHub } from '../../../src/daemons/edge/edgehub/edge-hub.ts';
import type { EdgeEvents } from '../../../src/daemons/edge/events.ts';
import { MetaManager } from '../../../src/daemons/edge/metamanager/meta-manager.ts';
import { Bus } from '../../../src/kernel/bus.ts';
import type { Message } from '../../../src/protocol/message.ts';
import type { Database } from '../../../src/store/database.ts';
import { EDGE_MIGRATIONS } from '../../../src/store/edge-schema.ts';
import { GroupCommit } from '../../../src/store/group-commit.ts';
import { loadSqlite } from '../../../src/store/sqlite.ts';
import { HISTORY_LIMITS } from '../device-edge.ts';
import type { ManualClock } from '../manual-clock.ts';
import { Fence } from './fence.ts';
import { fencedDatabase } from './fenced-database.ts';
import type { FencedStatement } from './fenced-database.ts';
import type { SimLink } from './sim-link.ts';

export interface SimEdgeOptions {
  readonly clock: ManualClock;
  readonly link: SimLink;
  readonly nodeName: string;
  readonly onEffect: () => void;
  /** After each commit of an object: what the edge has now. */
  readonly onObject: (path: string, resourceVersion: string) => void;
  readonly onPublication: (topic: string, payload: string) => void;
}

interface Life {
  readonly fence: Fence;
  readonly meta: MetaManager;
  readonly twins: DeviceTwin;
  readonly hub: EdgeHub;
  isStarted: boolean;
}

/** The edge: its real modules on a database in memory, which outlives them. */
export class SimEdge {
  /** The wall clock's error, ms. */
  skew = 0;
  isDiskFull = false;
  readonly db: Database;
  readonly #options: SimEdgeOptions;
  readonly #clear: () => void;
  readonly #statements = new Map<string, FencedStatement>();
  #life: Life | undefined;

  constructor(options: SimEdgeOptions) {
    this.#options = options;
    this.db = new (loadSqlite())(':memory:');
    for (const sql of EDGE_MIGRATIONS) this.db.exec(sql);
    this.#clear = clearing(this.db);
  }

  get life(): Life | undefined {
    return this.#life?.fence.isDead === true ? undefined : this.#life;
  }

  /** As when the file is gone and a new one was made. */
  loseStore(): void {
    this.#clear();
  }

  start(): void {
    const { clock, link, nodeName, onEffect, onObject, onPublication } = this.#options;
    const fence = new Fence({ onEffect, onDeath: () => link.died('edge') });
    const { scope } = fence;
    const db = fencedDatabase(this.db, { statements: this.#statements, fence, isFull: () => this.isDiskFull });
    const group = new GroupCommit(db);
    const bus = new Bus<EdgeEvents>();
    const ownClock = fence.clock(clock, () => this.skew);
    const send = (message: Message): boolean => hub.send(message);
    bus.on(scope, 'objectStored', ({ namespace, type, name, object }) =>
      onObject(`${namespace}/${type}/${name}`, object.metadata.resourceVersion ?? ''),
    );
    const isConnected = (): boolean => hub.connected;
    const isKedgeCloud = (): boolean => hub.isKedgeCloud;
    const meta: MetaManager = new MetaManager({
      db,
      group,
      bus,
      send,
      request: (message, options) => hub.request(message, options),
      isConnected,
      isKedgeCloud,
      clock: ownClock,
    });
    const twins = new DeviceTwin({
      history: HISTORY_LIMITS,
      db,
      group,
      nodeName,
      reportIntervalMs: 1_000,
      bus,
      clock: ownClock,
      send,
      isConnected,
      isKedgeCloud,
      listStored: (type) => meta.list(type),
      getStored: (path) => meta.get(path),
      publish: (topic, payload) => {
        fence.check();
        onPublication(topic, payload);
      },
    });
    const hub: EdgeHub = new EdgeHub(
      {
        nodeName,
        websocketServer: 'cloud:10000',
        httpServer: 'https://cloud:10002',
        projectID: 'project',
        heartbeatSeconds: 15,
        maxMessageBytes: 1_000_000,
        credentials: { ca: '', cert: '', key: '' },
      },
      {
        bus,
        clock: ownClock,
        random: () => 0.5,
        storeId: () => db.prepare<[], { id: string }>('SELECT id FROM store_id').get()!.id,
        dial: ({ storeId, onText }) => link.dial(fence, { storeId, onText }),
        metaManager: (message) => meta.receive(message),
        deviceTwin: (message) => twins.receive(message),
      },
    );
    const life: Life = { fence, meta, twins, hub, isStarted: false };
    this.#life = life;
    void (async () => {
      for (const module of [meta, twins, hub]) await module.start(scope);
      life.isStarted = true;
    })().catch(() => undefined);
  }
}

/** Empties all tables; the store gets another id. */
function clearing(db: Database): () => void {
  const tables = db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('sqlite_stat1', 'store_id')")
    .pluck()
    .all() as string[];
  const statements = [...tables.map((table) => `DELETE FROM ${table}`), 'UPDATE store_id SET id = lower(hex(randomblob(16)))'].map((sql) =>
    db.prepare(sql),
  );
  return db.transaction(() => statements.forEach((statement) => statement.run()));
}
