import type { Bus } from '../../../kernel/bus.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import type { Message } from '../../../protocol/message.ts';
import type { TwinDelta } from '../../../protocol/twin.ts';
import type { TwinHistoryLimits } from '../../../protocol/twin-history.ts';
import type { Database } from '../../../store/database.ts';
import { GroupCommit } from '../../../store/group-commit.ts';
import type { EdgeEvents } from '../events.ts';
import { DeviceObjects } from './device-objects.ts';
import { DeviceQueries } from './device-queries.ts';
import type { StoredObjects } from './device-queries.ts';
import { DeviceRequests } from './device-requests.ts';
import { DeviceStore } from './device-store.ts';
import { Membership } from './membership.ts';
import { ReportSender } from './report-sender.ts';
import { UnmetDesires } from './unmet-desires.ts';

export interface DeviceTwinDeps extends StoredObjects {
  /** Open from the start of this module on. */
  readonly db: Database;
  /** Its transactions, where they are shared with others. */
  readonly group?: GroupCommit;
  /** How often at most a device's reports go to the cloud. */
  readonly reportIntervalMs: number;
  readonly history: TwinHistoryLimits;
  readonly bus: Bus<EdgeEvents>;
  /** Hands a message to the hub; false if it takes nothing now. */
  readonly send: (message: Message) => boolean;
  readonly isConnected: () => boolean;
  /** False towards KubeEdge's cloud. */
  readonly isKedgeCloud: () => boolean;
  /** Publishes to the applications; at QoS 1 if nothing else is said. */
  readonly publish: (topic: string, payload: string, qos?: 0) => void;
  /** Has the mappers of a device (`namespace/name`) told again what is desired of it. */
  readonly remindMappers?: (deviceId: string, delta: TwinDelta) => void;
  readonly clock?: Clock;
}

/** What DeviceTwin is made of while it runs. */
export interface DeviceParts {
  readonly scope: Scope;
  readonly store: DeviceStore;
  readonly group: GroupCommit;
  readonly requests: DeviceRequests;
  readonly membership: Membership;
  readonly objects: DeviceObjects;
  readonly queries: DeviceQueries;
  readonly sender: ReportSender;
  readonly unmet: UnmetDesires;
  /** Devices whose object the disk has refused to apply. */
  readonly retries: WorkQueue;
}

/** @param apply brings a device (`namespace/name`) in line with its object */
export function assembleParts(deps: DeviceTwinDeps, scope: Scope, clock: Clock, apply: (id: string) => Promise<void>): DeviceParts {
  const { db, nodeName, history, reportIntervalMs: intervalMs, send, isConnected, isKedgeCloud, publish, remindMappers } = deps;
  const { log } = scope;
  const store = new DeviceStore(db, history);
  const group = deps.group ?? new GroupCommit(db);
  const membership = new Membership(store, nodeName, log);
  const write = (work: () => void): Promise<void> => group.run(work);
  return {
    scope,
    store,
    group,
    membership,
    requests: new DeviceRequests(store, nodeName),
    objects: new DeviceObjects(store, membership, log),
    queries: new DeviceQueries(store, deps),
    retries: new WorkQueue(scope, apply, { clock }),
    unmet: new UnmetDesires({
      store,
      clock,
      log,
      remind: (id, delta) => remindMappers?.(id, delta),
      publish: ({ topic, payload }) => publish(topic, JSON.stringify(payload), 0),
    }),
    sender: new ReportSender({ store, write, send, isConnected, isKedgeCloud, intervalMs, clock, log }),
  };
}
