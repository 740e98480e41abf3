import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import type { Message } from '../../../protocol/message.ts';
import type { DeviceRow } from '../../../store/devices.ts';
import type { OutboxKind, OutboxRow } from '../../../store/outbox.ts';
import type { DeviceStore } from './device-store.ts';

export interface ReportLaneDeps {
  readonly store: DeviceStore;
  /** Runs a write in the next group commit. */
  readonly write: (work: () => void) => Promise<void>;
  readonly send: (message: Message) => boolean;
  readonly isConnected: () => boolean;
  /** False towards KubeEdge's cloud. */
  readonly isKedgeCloud: () => boolean;
  /** Between two messages of a device and kind, from the beginning of the one to that of the next; a backlog does not wait. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ReportLaneOptions {
  readonly kind: OutboxKind;
  /** Builds the message from what is stored now. */
  readonly build: (device: DeviceRow, rows: readonly OutboxRow[]) => Message;
  /** A message that is not confirmed is sent again after 60 s, and each time twice as late, up to so long; ms. */
  readonly longestResendMs: number;
}

interface Sent {
  readonly deviceId: string;
  /** The ID under which it went. */
  readonly cloudId: string;
  readonly seq: number;
  readonly names: readonly string[];
}

/** KubeEdge's period between repetitions of what is not confirmed. */
export const RESEND_MS = 60_000;
/** When the hub takes nothing more though it is connected, or the disk fails. */
const RETRY_MS = 1_000;
/** Devices that wait for a confirmation at the same time. */
const WINDOW = 64;
/** Twins in one message. */
const BATCH = 200;
/** Sent messages whose late confirmation would still count. */
const REMEMBERED = 1_000;

/**
 * Brings the marks of one kind to the cloud: one message in flight per device, built from what is stored when it is sent, so that a busy
 * device sends its newest values and no others. A mark goes only when the cloud confirms; then what changed meanwhile follows, once the
 * interval has passed: the first change goes up at once, and a device that talks fast costs the cloud one write per interval.
 */
export class ReportLane {
  readonly #options: ReportLaneOptions;
  readonly #deps: ReportLaneDeps;
  readonly #waiting = new Set<string>();
  /** Devices whose message is on its way, and how to end the wait for its confirmation. */
  readonly #inFlight = new Map<string, () => void>();
  /** Devices whose interval has not passed, and how to end their rest. */
  readonly #resting = new Map<string, () => void>();
  readonly #sent = new Map<string, Sent>();
  /** Devices whose last twins KubeEdge's cloud did not confirm: it may use the other form of the ID. */
  readonly #unheard = new Set<string>();
  #resendMs = RESEND_MS;
  #cancelRetry: (() => void) | undefined;

  constructor(options: ReportLaneOptions, deps: ReportLaneDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Devices that wait for a confirmation. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** A device has new marks. */
  wake(deviceId: string): void {
    this.#waiting.add(deviceId);
    this.#pump();
  }

  /** A device is gone: nothing of it is waited for any more. */
  forget(deviceId: string): void {
    this.#waiting.delete(deviceId);
    this.#unheard.delete(deviceId);
    this.#land(deviceId);
    this.#wakeUp(deviceId);
    this.#pump();
  }

  /** A session has begun: everything unconfirmed is sent anew. */
  connected(): void {
    this.stop();
    for (const deviceId of this.#deps.store.outbox.devices(this.#options.kind)) this.#waiting.add(deviceId);
    this.#pump();
  }

  /** No session, no timers; the marks wait in the outbox. */
  stop(): void {
    for (const timers of [this.#inFlight, this.#resting]) {
      for (const cancel of timers.values()) cancel();
      timers.clear();
    }
    this.#waiting.clear();
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#resendMs = RESEND_MS;
  }

  /** The cloud has taken what the message with this id carried. @returns false if that is not one of this lane's */
  async confirm(messageId: string): Promise<boolean> {
    const sent = this.#sent.get(messageId);
    if (sent === undefined) return false;
    const { store, write, isKedgeCloud } = this.#deps;
    const repeats = isKedgeCloud() ? [] : sent.names;
    await write(() => {
      store.confirm(sent.deviceId, this.#options.kind, { seq: sent.seq, repeats });
      if (store.devices.get(sent.deviceId)?.cloudId !== sent.cloudId) store.devices.setCloudId(sent.deviceId, sent.cloudId);
    });
    this.#sent.delete(messageId);
    this.#unheard.delete(sent.deviceId);
    this.#resendMs = RESEND_MS;
    this.#land(sent.deviceId);
    this.wake(sent.deviceId);
    return true;
  }

  #pump(): void {
    for (const deviceId of this.#waiting) {
      if (!this.#deps.isConnected() || this.#inFlight.size >= WINDOW || this.#cancelRetry !== undefined) return;
      // Its confirmation, or the end of its rest, wakes it again.
      const isBusy = this.#inFlight.has(deviceId) || this.#resting.has(deviceId);
      if (isBusy || this.#tryReport(deviceId)) this.#waiting.delete(deviceId);
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
    const { devices, outbox } = this.#deps.store;
    const { kind, build } = this.#options;
    const device = devices.get(deviceId);
    const rows = outbox.pending(deviceId, kind, BATCH);
    if (device === undefined || rows.length === 0) return true;
    const cloudId = this.#unheard.has(deviceId) && !this.#deps.isKedgeCloud() ? otherForm(device) : device.cloudId;
    const message = build({ ...device, cloudId }, rows);
    if (!this.#deps.send(message)) return false;
    const seq = Math.max(...rows.map((row) => row.seq));
    outbox.sent(deviceId, kind, seq);
    this.#fly(message.header.msg_id, { deviceId, cloudId, seq, names: rows.map(({ name }) => name) });
    if (rows.length < BATCH) this.#rest(deviceId);
    return true;
  }

  #rest(deviceId: string): void {
    const { clock, intervalMs } = this.#deps;
    if (intervalMs === 0) return;
    const cancel = clock.after(intervalMs, () => {
      this.#resting.delete(deviceId);
      this.wake(deviceId);
    });
    this.#resting.set(deviceId, cancel);
  }

  #wakeUp(deviceId: string): void {
    this.#resting.get(deviceId)?.();
    this.#resting.delete(deviceId);
  }

  #fly(messageId: string, sent: Sent): void {
    this.#sent.set(messageId, sent);
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > REMEMBERED && oldest !== undefined) this.#sent.delete(oldest);
    const cancel = this.#deps.clock.after(this.#resendMs, () => {
      const { deviceId } = sent;
      this.#deps.log.warn({ device: deviceId, what: this.#options.kind }, 'the cloud has not confirmed a report, it is sent again');
      if (!this.#unheard.delete(deviceId) && this.#options.kind === 'twin') this.#unheard.add(deviceId);
      this.#resendMs = Math.min(2 * this.#resendMs, this.#options.longestResendMs);
      this.#land(deviceId);
      this.#wakeUp(deviceId);
      this.wake(deviceId);
    });
    this.#inFlight.set(sent.deviceId, cancel);
  }

  #land(deviceId: string): void {
    this.#inFlight.get(deviceId)?.();
    this.#inFlight.delete(deviceId);
  }
}

/** Clouds up to KubeEdge 1.15 leave the namespace of a device out. */
function otherForm({ id, name, cloudId }: DeviceRow): string {
  return cloudId === name ? id : name;
}
