import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import { newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { deviceResource } from '../../../protocol/topics.ts';
import type { DeviceRow } from '../../../store/devices.ts';
import type { OutboxKind, OutboxRow } from '../../../store/outbox.ts';
import { stateResult } from './device-messages.ts';
import type { DeviceStore } from './device-store.ts';
import { reportedTwin } from './twin-messages.ts';

export interface ReportSenderDeps {
  readonly store: DeviceStore;
  /** Runs a write in the next group commit. */
  readonly write: (work: () => void) => Promise<void>;
  readonly send: (message: Message) => boolean;
  readonly isConnected: () => boolean;
  /** Between two messages of a device and kind, from the beginning of the one to that of the next; a backlog does not wait. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Sent {
  readonly deviceId: string;
  readonly kind: OutboxKind;
  readonly seq: number;
}

const KINDS: readonly OutboxKind[] = ['twin', 'state'];
/** KubeEdge's period between repetitions of what is not confirmed. */
const RESEND_MS = 60_000;
/** When the hub takes nothing more though it is connected, or the disk fails. */
const RETRY_MS = 1_000;
/** Devices that wait for a confirmation at the same time. */
const WINDOW = 64;
/** Twins in one message. */
const BATCH = 200;
/** Sent messages whose late confirmation would still count. */
const REMEMBERED = 1_000;

/**
 * Brings the outbox to the cloud: one message in flight per device, built from what is stored when it is sent, so that a busy device
 * sends its newest values and no others. A mark goes only when the cloud confirms; then what changed meanwhile follows, once the
 * interval has passed: the first change goes up at once, and a device that talks fast costs the cloud one write per interval.
 */
export class ReportSender {
  readonly #deps: ReportSenderDeps;
  readonly #waiting = new Set<string>();
  readonly #inFlight = new Map<string, () => void>();
  /** Devices by kind, and how to end their rest. */
  readonly #resting: Readonly<Record<OutboxKind, Map<string, () => void>>> = { twin: new Map(), state: new Map() };
  readonly #sent = new Map<string, Sent>();
  #cancelRetry: (() => void) | undefined;

  constructor(deps: ReportSenderDeps) {
    this.#deps = deps;
  }

  /** A device has new marks. */
  wake(deviceId: string): void {
    this.#waiting.add(deviceId);
    this.#pump();
  }

  /** A device is gone: nothing of it is waited for any more. */
  forget(deviceId: string): void {
    this.#waiting.delete(deviceId);
    this.#land(deviceId);
    for (const kind of KINDS) this.#wakeUp(deviceId, kind);
    this.#deps.store.outbox.forget(deviceId);
    this.#pump();
  }

  /** A session has begun: everything unconfirmed is sent anew. */
  connected(): void {
    this.stop();
    for (const deviceId of this.#deps.store.outbox.devices()) this.#waiting.add(deviceId);
    this.#pump();
  }

  /** No session, no timers; the marks wait in the outbox. */
  stop(): void {
    for (const timers of [this.#inFlight, ...Object.values(this.#resting)]) {
      for (const cancel of timers.values()) cancel();
      timers.clear();
    }
    this.#waiting.clear();
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  /** The cloud has stored what the message with this id carried. Other ids are none of ours. */
  async confirm(messageId: string): Promise<void> {
    const sent = this.#sent.get(messageId);
    if (sent === undefined) return;
    const { deviceId, kind, seq } = sent;
    await this.#deps.write(() => this.#deps.store.outbox.confirm(deviceId, kind, seq));
    this.#sent.delete(messageId);
    this.#land(deviceId);
    this.wake(deviceId);
  }

  /** Devices that wait for a confirmation. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  #pump(): void {
    for (const deviceId of this.#waiting) {
      if (!this.#deps.isConnected() || this.#inFlight.size >= WINDOW || this.#cancelRetry !== undefined) return;
      // Its confirmation wakes it again.
      if (this.#inFlight.has(deviceId) || this.#tryReport(deviceId)) this.#waiting.delete(deviceId);
      else this.#retryLater();
    }
  }

  #retryLater(): void {
    this.#cancelRetry = this.#deps.clock.after(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      this.#pump();
    });
  }

  /** A disk that cannot be read must end neither the timer's process nor the acknowledgement of what was just written. */
  #tryReport(deviceId: string): boolean {
    try {
      return this.#report(deviceId);
    } catch (error) {
      this.#deps.log.error({ err: error, device: deviceId }, 'a report to the cloud could not be made');
      return false;
    }
  }

  /** @returns false when the hub takes nothing now */
  #report(deviceId: string): boolean {
    const device = this.#deps.store.devices.get(deviceId);
    const rows = this.#deps.store.outbox.pending(deviceId, BATCH);
    // The end of its rest wakes it again.
    const first = rows.find(({ kind }) => !this.#resting[kind].has(deviceId));
    if (device === undefined || first === undefined) return true;
    const { kind } = first;
    const ours = rows.filter((row) => row.kind === kind);
    const message = kind === 'state' ? this.#stateMessage(device) : this.#twinMessage(device, ours);
    if (!this.#deps.send(message)) return false;
    const seq = Math.max(...ours.map((row) => row.seq));
    this.#deps.store.outbox.sent(deviceId, seq);
    this.#fly(message.header.msg_id, { deviceId, kind, seq });
    if (rows.length < BATCH) this.#rest(deviceId, kind);
    return true;
  }

  #rest(deviceId: string, kind: OutboxKind): void {
    const { clock, intervalMs } = this.#deps;
    if (intervalMs === 0) return;
    const cancel = clock.after(intervalMs, () => {
      this.#resting[kind].delete(deviceId);
      this.wake(deviceId);
    });
    this.#resting[kind].set(deviceId, cancel);
  }

  #wakeUp(deviceId: string, kind: OutboxKind): void {
    this.#resting[kind].get(deviceId)?.();
    this.#resting[kind].delete(deviceId);
  }

  #fly(messageId: string, sent: Sent): void {
    this.#sent.set(messageId, sent);
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > REMEMBERED && oldest !== undefined) this.#sent.delete(oldest);
    const cancel = this.#deps.clock.after(RESEND_MS, () => {
      this.#deps.log.warn({ device: sent.deviceId }, 'the cloud has not confirmed a report, it is sent again');
      this.#land(sent.deviceId);
      this.#wakeUp(sent.deviceId, sent.kind);
      this.wake(sent.deviceId);
    });
    this.#inFlight.set(sent.deviceId, cancel);
  }

  #land(deviceId: string): void {
    this.#inFlight.get(deviceId)?.();
    this.#inFlight.delete(deviceId);
  }

  #twinMessage(device: DeviceRow, rows: readonly OutboxRow[]): Message {
    const twins = rows.flatMap(({ name }) => {
      const twin = this.#deps.store.twins.get(device.id, name);
      return twin === undefined ? [] : [[name, reportedTwin(twin)] as const];
    });
    const now = this.#deps.clock.now();
    const content = { event_id: randomUUID(), timestamp: now, twin: Object.fromEntries(twins) };
    return this.#message(deviceResource(device.cloudId, 'twin/edge_updated'), content, now);
  }

  /** Go sends this one as text. */
  #stateMessage(device: DeviceRow): Message {
    const now = this.#deps.clock.now();
    const content = JSON.stringify(stateResult(device, randomUUID(), now));
    return this.#message(deviceResource(device.cloudId, 'state/update'), content, now);
  }

  #message(resource: string, content: unknown, now: number): Message {
    return newMessage({ source: 'twin', group: 'resource', operation: 'update', resource }, content, { now });
  }
}
