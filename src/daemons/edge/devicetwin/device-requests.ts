import { randomUUID } from 'node:crypto';
import type { MembershipList } from '../../../protocol/membership.ts';
import type { DeviceRequest, EdgeRequest } from '../../../protocol/topics.ts';
import { UNREADABLE_UPDATE_TOPIC, formatDeviceId, membershipTopic } from '../../../protocol/topics.ts';
import { parseBaseMessage, parseStateUpdate, parseTwinUpdate } from '../../../protocol/twin.ts';
import type { ErrorResult, Refusal } from '../../../protocol/twin.ts';
import { MAX_TWINS, REASON } from '../../../protocol/twin-value.ts';
import { edgeDevice, stateResult } from './device-messages.ts';
import type { DeviceStore } from './device-store.ts';
import type { Outcome } from './outcome.ts';
import { planUpdate } from './twin-engine.ts';
import type { TwinPlan, TwinRequest } from './twin-engine.ts';
import { livingTwins, twinResult } from './twin-messages.ts';

/** How much of a payload that cannot be read is quoted back. */
const QUOTED_CHARACTERS = 256;

/** What applications ask over MQTT (KubeEdge reference, MQTT topics). Each answer follows its request inside one transaction. */
export class DeviceRequests {
  readonly #store: DeviceStore;
  readonly #nodeName: string;

  constructor(store: DeviceStore, nodeName: string) {
    this.#store = store;
    this.#nodeName = nodeName;
  }

  /**
   * @returns why an update was refused, which its answer says, too
   * @throws what SQLite throws; then nothing of the request is kept
   */
  handle(request: EdgeRequest, payload: Buffer, now: number, outcome: Outcome): Refusal | undefined {
    switch (request.kind) {
      case 'twin/update':
        return this.#update(request, payload, now, outcome);
      case 'twin/get':
        this.#get(request, payload, now, outcome);
        return undefined;
      case 'state/update':
        return this.#state(request, payload, now, outcome);
      case 'membership/get':
        this.#membership(payload, now, outcome);
        return undefined;
    }
  }

  #update({ device, dialect, isOfMapper = false }: DeviceRequest, payload: Buffer, now: number, outcome: Outcome): Refusal | undefined {
    const id = formatDeviceId(device);
    const update = parseTwinUpdate(payload);
    const refuse = (refusal: Refusal): Refusal => {
      outcome.publishTo(id, 'twin/update/result', errorResult(refusal, now), dialect);
      return refusal;
    };
    if ('reason' in update) {
      // KubeEdge answers where nobody listens, an empty ID. Old tools may, so both are told.
      outcome.publish(UNREADABLE_UPDATE_TOPIC, errorResult({ ...update, eventId: '' }, now));
      return refuse(update);
    }
    const { eventId } = update;
    if (this.#store.devices.get(id) === undefined) return refuse({ eventId, code: 404, reason: REASON.unknownDevice });
    const twins = this.#store.twins.list(id);
    const plan = this.#plan(id, { twins, update: update.twins, source: 'edge', now });
    if ('refusal' in plan) return refuse({ eventId, code: 400, reason: plan.refusal });
    this.#store.saveTwins(id, { twins, ...plan, source: isOfMapper ? 'mapper' : 'mqtt', now });
    outcome.publishTo(id, 'twin/update/result', twinResult(eventId, plan.result, now), dialect);
    const current = new Map([...twins, ...plan.writes]);
    outcome.publishChange(id, { eventId, document: plan.document, twins: current, now, dialect });
    if (plan.writes.size > 0) outcome.changed.add(id);
    return undefined;
  }

  #plan(id: string, request: TwinRequest): TwinPlan | { readonly refusal: string } {
    const { twins } = request;
    const plan = planUpdate(request);
    const added = 'refusal' in plan ? [] : [...plan.writes.keys()].filter((name) => !twins.has(name));
    if (added.length === 0 || twins.size + added.length <= MAX_TWINS) return plan;
    const declared = this.#store.devices.properties(id);
    return added.every((name) => declared.has(name)) ? plan : { refusal: REASON.tooMany };
  }

  #get({ device, dialect }: DeviceRequest, payload: Buffer, now: number, outcome: Outcome): void {
    const id = formatDeviceId(device);
    const eventId = parseBaseMessage(payload);
    const answer = (result: object): void => outcome.publishTo(id, 'twin/get/result', result, dialect);
    if (eventId === undefined) {
      const quoted = payload.toString('utf8').slice(0, QUOTED_CHARACTERS);
      const reason = `Unmarshal twin info ${quoted} failed , err: not a JSON object with event_id and timestamp`;
      answer(errorResult({ eventId: '', code: 400, reason }, now));
    } else if (this.#store.devices.get(id) === undefined) {
      const name = dialect === 'plain' ? device.name : id;
      answer(errorResult({ eventId, code: 404, reason: `Device ${name} not found while getting twin` }, now));
    } else {
      answer(twinResult(eventId, livingTwins(this.#store.twins.list(id)), now));
    }
  }

  /** States that KubeEdge does not know, and unknown devices, are ignored without an answer over MQTT, as KubeEdge does. */
  #state({ device, dialect }: DeviceRequest, payload: Buffer, now: number, outcome: Outcome): Refusal | undefined {
    const id = formatDeviceId(device);
    const state = parseStateUpdate(payload);
    if (state === undefined) return { eventId: '', code: 400, reason: REASON.state };
    const before = this.#store.devices.get(id);
    if (before === undefined) return { eventId: '', code: 404, reason: REASON.unknownDevice };
    const isThere = /^(online|ok)$/i.test(state);
    this.#store.devices.setState(id, state, isThere ? rfc3339(now) : '');
    if (isThere && before.state !== state) outcome.came.add(id);
    this.#store.outbox.mark(id, 'state');
    const row = this.#store.devices.get(id);
    if (row !== undefined) outcome.publishTo(id, 'state/update/result', stateResult(row, randomUUID(), now), dialect);
    outcome.states.add(id);
    return undefined;
  }

  #membership(payload: Buffer, now: number, outcome: Outcome): void {
    const eventId = parseBaseMessage(payload);
    if (eventId === undefined) return;
    const list: MembershipList = { event_id: eventId, timestamp: now, devices: this.#store.devices.list().map(edgeDevice) };
    outcome.publish(membershipTopic(this.#nodeName, 'get/result'), list);
  }
}

/** The answer to a request that failed. */
export function errorResult({ eventId, code, reason }: Refusal, now: number): ErrorResult {
  return { event_id: eventId, timestamp: now, code, reason };
}

/** To the second, as Go writes it. */
function rfc3339(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
}
