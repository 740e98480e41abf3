import { randomUUID } from 'node:crypto';
import { newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { deviceResource } from '../../../protocol/topics.ts';
import type { DeviceRow } from '../../../store/devices.ts';
import type { OutboxRow } from '../../../store/outbox.ts';
import { stateResult } from './device-messages.ts';
import { RESEND_MS, ReportLane } from './report-lane.ts';
import type { ReportLaneDeps } from './report-lane.ts';
import { reportedTwin } from './twin-messages.ts';

/** Clouds before KubeEdge 1.18 confirm no states (reference: devicecontroller). They are told again ever more rarely. */
const LONGEST_STATE_RESEND_MS = 600_000;

/** Brings the outbox to the cloud. Twins and states go on ways of their own, for not every cloud confirms states. */
export class ReportSender {
  readonly #deps: ReportLaneDeps;
  readonly #twins: ReportLane;
  readonly #states: ReportLane;

  constructor(deps: ReportLaneDeps) {
    this.#deps = deps;
    const twins = (device: DeviceRow, rows: readonly OutboxRow[]): Message => this.#twinMessage(device, rows);
    const state = (device: DeviceRow): Message => this.#stateMessage(device);
    this.#twins = new ReportLane({ kind: 'twin', build: twins, longestResendMs: RESEND_MS }, deps);
    this.#states = new ReportLane({ kind: 'state', build: state, longestResendMs: LONGEST_STATE_RESEND_MS }, deps);
  }

  /** Messages that wait for a confirmation. */
  get inFlight(): number {
    return this.#twins.inFlight + this.#states.inFlight;
  }

  /** A device's twins have new marks. */
  wake(deviceId: string): void {
    this.#twins.wake(deviceId);
  }

  /** A device's state has a new mark. */
  wakeState(deviceId: string): void {
    this.#states.wake(deviceId);
  }

  /** A device is gone: nothing of it is waited for any more. */
  forget(deviceId: string): void {
    this.#deps.store.outbox.forget(deviceId);
    this.#twins.forget(deviceId);
    this.#states.forget(deviceId);
  }

  /** A session has begun: everything unconfirmed is sent anew. */
  connected(): void {
    this.#twins.connected();
    this.#states.connected();
  }

  /** No session, no timers; the marks wait in the outbox. */
  stop(): void {
    this.#twins.stop();
    this.#states.stop();
  }

  /** The cloud has taken what the message with this id carried. Other ids are none of ours. */
  async confirm(messageId: string): Promise<void> {
    if (!(await this.#twins.confirm(messageId))) await this.#states.confirm(messageId);
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
