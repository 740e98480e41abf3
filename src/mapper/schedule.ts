import { Backoff } from '../kernel/backoff.ts';
import type { PlannedDevice, PlannedProperty } from './mapped-device.ts';

/** One thing to do with an open device. */
export interface Task {
  readonly kind: 'read' | 'write';
  readonly property: PlannedProperty;
}

interface Due extends Task {
  /** Of the clock that only grows, ms. */
  readonly at: number;
  readonly backoff?: Backoff;
}

const WRITE_AGAIN = { initialMs: 500, maxMs: 30_000 };

/** When which property of a device is to be read and written. */
export class Schedule {
  readonly #due = new Map<string, Due>();

  /** All that a device which was just opened needs: desired values first. */
  static of({ properties }: PlannedDevice, now: number): Schedule {
    const schedule = new Schedule();
    for (const property of properties) schedule.wantWrite(property, now);
    for (const property of properties) schedule.#put({ kind: 'read', property, at: now });
    return schedule;
  }

  /** What is due first. */
  next(): Due | undefined {
    let first: Due | undefined;
    for (const due of this.#due.values()) if (first === undefined || due.at < first.at) first = due;
    return first;
  }

  /** A value that waited to be written is replaced, or is desired no more. */
  wantWrite(property: PlannedProperty, now: number): void {
    this.#due.delete(`write ${property.name}`);
    if (property.desired === undefined || property.readOnly) return;
    this.#put({ kind: 'write', property, at: now, backoff: new Backoff(WRITE_AGAIN) });
  }

  /** A property says something else of itself; its cycle goes on. */
  replace(property: PlannedProperty): void {
    const due = this.#due.get(`read ${property.name}`);
    if (due !== undefined) this.#put({ ...due, property });
  }

  /** What was written is read at once; what was read comes again a cycle after it was due, and cycles that were missed are left out. */
  done(task: Task, now: number): void {
    const { kind, property } = task;
    const read = this.#due.get(`read ${property.name}`);
    if (kind === 'write') {
      if (this.#writeOf(task) !== undefined) this.#due.delete(`write ${property.name}`);
      if (read !== undefined) this.#put({ ...read, at: now });
    } else if (read !== undefined) this.#put({ ...read, at: Math.max(now, read.at + property.collectCycleMs) });
  }

  /** A write comes again with back-off, unless `forGood`; a read in its next cycle. */
  failed(task: Task, now: number, forGood = false): void {
    if (task.kind === 'read') this.done(task, now);
    else {
      const due = this.#writeOf(task);
      if (due === undefined) return;
      if (forGood || due.backoff === undefined) this.#due.delete(`write ${task.property.name}`);
      else this.#put({ ...due, at: now + due.backoff.next() });
    }
  }

  /** Undefined when another value has come to be desired since. */
  #writeOf({ property }: Task): Due | undefined {
    const due = this.#due.get(`write ${property.name}`);
    return due?.property === property ? due : undefined;
  }

  #put(due: Due): void {
    this.#due.set(`${due.kind} ${due.property.name}`, due);
  }
}
