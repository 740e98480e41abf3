import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import { silentLogger } from '../../../kernel/log.ts';
import type { Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import { isRejected } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import type { Informer } from '../../../kube/informer.ts';
import { keyOf } from '../../../kube/object-cache.ts';
import { parseDeviceReport } from '../../../protocol/device-report.ts';
import type { Device } from '../../../protocol/devices.ts';
import type { Message } from '../../../protocol/message.ts';
import { parseDeviceId } from '../../../protocol/topics.ts';
import type { DeviceId } from '../../../protocol/topics.ts';
import { confirmation } from './membership.ts';
import { mergeReports } from './merge-status.ts';
import type { PendingReport } from './merge-status.ts';
import { RecentIds } from './recent-ids.ts';
import { StatusWriter } from './status-writer.ts';

export interface DeviceReportsDeps {
  readonly clock: Clock;
  readonly kube: KubeClient;
  readonly devices: Informer<Device>;
  readonly devicesOf: (nodeName: string) => Device[];
  readonly send: (nodeName: string, message: Message) => void;
  /** Makes a node forget a device that is not its own. */
  readonly takeAway: (nodeName: string, device: DeviceId) => void;
}

/** Reports of one device that wait for the API, and the messages that will be confirmed together. */
interface Waiting {
  readonly nodeName: string;
  /** Of the device: one of the same name that comes later is another. */
  readonly uid: string | undefined;
  readonly report: PendingReport;
  readonly messageIds: readonly string[];
}

const CONCURRENCY = 8;
/** Per device, while the API is away. An edge gets no confirmation for what came before these, and sends it again. */
const WAITING_LIMIT = 1_000;

/**
 * What edges report about their devices, into the API, and then the confirmation: never before both statuses are written. One write at a
 * time per device; reports that wait meanwhile become one write of the newest values.
 */
export class DeviceReports {
  readonly #deps: DeviceReportsDeps;
  readonly #writer: StatusWriter;
  readonly #waiting = new Map<string, Waiting>();
  readonly #recent = new RecentIds();
  readonly #deleted = new Map<string, Device>();
  /** Why the API does not want the status of a device, by key. */
  readonly #rejected = new Map<string, string>();
  #queue: WorkQueue | undefined;
  #log: Logger = silentLogger;

  constructor(deps: DeviceReportsDeps) {
    this.#deps = deps;
    this.#writer = new StatusWriter(deps.kube);
  }

  start(scope: Scope): void {
    const { clock, devices } = this.#deps;
    this.#log = scope.log;
    this.#queue = new WorkQueue(scope, (key) => this.#work(key), { concurrency: CONCURRENCY, clock });
    devices.onChange(scope, {
      deleted: (device) => {
        this.#deleted.set(keyOf(device), device);
        this.#queue?.add(keyOf(device));
      },
    });
  }

  /** Why the reports of some device do not reach the API at the moment. */
  get trouble(): string | undefined {
    return [...this.#rejected.values()].at(-1) ?? this.#queue?.lastError;
  }

  receive(nodeName: string, message: Message): void {
    const { resource } = message.route;
    const report = parseDeviceReport(message);
    if (report === undefined) {
      this.#log.debug({ node: nodeName, resource }, 'a device message that is no report was ignored');
      return;
    }
    const device = this.#find(nodeName, report.id);
    const id = parseDeviceId(report.id);
    if (device?.spec?.nodeName !== nodeName && id !== undefined) this.#deps.takeAway(nodeName, id);
    if (device === undefined) {
      this.#log.info({ node: nodeName, device: report.id }, 'a report of a device that does not exist was dropped');
      this.#confirm(nodeName, [message.header.msg_id]);
    } else if (device.spec?.nodeName === nodeName) {
      this.#accept(nodeName, device, report, message.header.msg_id);
    } else {
      this.#log.warn({ node: nodeName, device: report.id, belongsTo: device.spec?.nodeName }, 'a report of a foreign device was refused');
    }
  }

  /** The node's edge sends again what was not confirmed. */
  drop(nodeName: string): void {
    for (const [key, waiting] of [...this.#waiting]) {
      if (waiting.nodeName !== nodeName) continue;
      this.#waiting.delete(key);
      this.#recent.remove(key, waiting.messageIds);
    }
    for (const device of this.#deps.devicesOf(nodeName)) {
      this.#writer.forget(device);
      this.#rejected.delete(keyOf(device));
    }
  }

  #accept(nodeName: string, device: Device, report: PendingReport, messageId: string): void {
    const key = keyOf(device);
    const { uid } = device.metadata;
    const known = this.#waiting.get(key);
    const goesOn = known?.nodeName === nodeName && known.uid === uid;
    const waiting: Waiting = goesOn ? known : { nodeName, uid, report: { twins: new Map() }, messageIds: [] };
    const { messageIds } = waiting;
    // An edge repeats what it has no confirmation for, perhaps after newer values: those must stay.
    const isNew = !messageIds.includes(messageId) && this.#recent.add(key, messageId);
    this.#waiting.set(key, {
      ...waiting,
      report: isNew ? mergeReports(waiting.report, ofProperties(device, report)) : waiting.report,
      messageIds: [...messageIds.filter((id) => id !== messageId), messageId].slice(-WAITING_LIMIT),
    });
    this.#queue?.add(key);
  }

  async #work(key: string): Promise<void> {
    const deleted = this.#deleted.get(key);
    if (deleted !== undefined) {
      await this.#writer.remove(deleted);
      if (this.#deleted.get(key) === deleted) this.#deleted.delete(key);
      this.#rejected.delete(key);
      if (this.#deps.devices.get(key) === undefined) this.#recent.forget(key);
    }
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) await this.#write(key, waiting);
  }

  async #write(key: string, waiting: Waiting): Promise<void> {
    this.#waiting.delete(key);
    const device = this.#deps.devices.get(key);
    try {
      // A device that was deleted meanwhile needs no status.
      if (device !== undefined && device.metadata.uid === waiting.uid) await this.#writer.write(device, waiting.report);
      this.#rejected.delete(key);
    } catch (error) {
      if (isRejected(error)) {
        this.#reject(key, waiting, error);
        return;
      }
      this.#putBack(key, waiting);
      throw error;
    }
    this.#confirm(waiting.nodeName, waiting.messageIds);
  }

  /** Trying again at once would not help. Its edge has no confirmation, so it sends the newest values again, about once a minute. */
  #reject(key: string, { nodeName, messageIds }: Waiting, error: Error): void {
    this.#log.error({ node: nodeName, device: key, err: error }, 'the API does not want the status of a device, its reports are dropped');
    this.#rejected.set(key, error.message);
    this.#recent.remove(key, messageIds);
  }

  #putBack(key: string, older: Waiting): void {
    const newer = this.#waiting.get(key);
    if (newer !== undefined && (newer.nodeName !== older.nodeName || newer.uid !== older.uid)) return;
    this.#waiting.set(key, {
      ...older,
      report: newer === undefined ? older.report : mergeReports(older.report, newer.report),
      messageIds: [...older.messageIds, ...(newer?.messageIds ?? [])].slice(-WAITING_LIMIT),
    });
  }

  /** By `namespace/name`, or by the plain name that edges up to 1.15 use for a device of theirs. */
  #find(nodeName: string, id: string): Device | undefined {
    const { devices, devicesOf } = this.#deps;
    return id.includes('/') ? devices.get(id) : devicesOf(nodeName).find(({ metadata }) => metadata.name === id);
  }

  #confirm(nodeName: string, messageIds: readonly string[]): void {
    for (const messageId of messageIds) this.#deps.send(nodeName, confirmation(messageId));
  }
}

/** What an edge tells about other properties has no place in the status, and must not pile up here. */
function ofProperties({ spec }: Device, report: PendingReport): PendingReport {
  const names = new Set(spec?.properties?.map(({ name }) => name));
  return { ...report, twins: new Map([...report.twins].filter(([name]) => names.has(name))) };
}
