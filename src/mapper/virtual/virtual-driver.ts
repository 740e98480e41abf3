import type { ConfigData, DeviceHandle, Driver, MappedDevice, MappedProperty, PropertyValue } from '../driver.ts';

export interface VirtualDriverOptions {
  /** Milliseconds that only grow. */
  readonly elapsed?: () => number;
}

/** What a visitor of a virtual device may say. */
const KEYS = { initial: 'any', follows: 'string', rate: 'number', period: 'number' } as const;

/**
 * Devices that are not there, for demonstrations and trials. A property holds what was written to it; one that nobody may write moves by itself: a number
 * between its minimum and maximum and back in `period` seconds (60), or after the property that it `follows`, at `rate` a second (1); a truth value changes
 * every half period. `initial` is what a property begins with.
 */
export class VirtualDriver implements Driver {
  readonly #elapsed: () => number;
  /** What was written, by device: a device that is opened again has not forgotten it. */
  readonly #memories = new Map<string, Map<string, PropertyValue>>();

  constructor({ elapsed = () => performance.now() }: VirtualDriverOptions = {}) {
    this.#elapsed = elapsed;
  }

  check(device: MappedDevice): void {
    for (const property of device.properties) checkVisitor(property, device);
  }

  open({ namespace, name, properties }: MappedDevice): DeviceHandle {
    const id = `${namespace}/${name}`;
    const values = this.#memories.get(id) ?? new Map<string, PropertyValue>();
    this.#memories.set(id, values);
    let before = this.#elapsed();
    const move = (): void => {
      const seconds = (this.#elapsed() - before) / 1000;
      before = this.#elapsed();
      for (const property of properties) follow(property, values, seconds);
    };
    for (const property of properties) if (!values.has(property.name)) values.set(property.name, initialOf(property));
    return {
      read: (property) => {
        move();
        if (property.readOnly && property.visitor['follows'] === undefined) return swing(property, this.#elapsed() / 1000);
        return rounded(property, values.get(property.name) ?? initialOf(property));
      },
      write: ({ name: written }, value) => {
        move();
        values.set(written, value);
      },
    };
  }
}

function checkVisitor({ name, visitor, type, minimum, maximum }: MappedProperty, { properties }: MappedDevice): void {
  const where = `property ${name}: visitors.configData`;
  for (const [key, value] of Object.entries(visitor)) {
    const wanted = (KEYS as Record<string, string | undefined>)[key];
    if (wanted === undefined) throw new Error(`${where}.${key} is not known here; there are ${Object.keys(KEYS).join(', ')}`);
    if (wanted !== 'any' && typeof value !== wanted) throw new Error(`${where}.${key} is not a ${wanted}`);
  }
  const { follows, period } = visitor;
  if (follows !== undefined && !properties.some((other) => other.name === follows))
    throw new Error(`${where}.follows: there is no property ${String(follows)}`);
  if (typeof period === 'number' && period <= 0) throw new Error(`${where}.period is not above 0`);
  for (const [limit, text] of Object.entries({ minimum, maximum }))
    if (isNumeric(type) && text !== undefined && !Number.isFinite(Number(text)))
      throw new Error(`property ${name}: its ${limit} ${text} is no number`);
}

function isNumeric(type: MappedProperty['type']): boolean {
  return type === 'INT' || type === 'FLOAT' || type === 'DOUBLE';
}

function initialOf({ type, minimum, visitor }: MappedProperty): PropertyValue {
  const { initial } = visitor;
  if (isNumeric(type)) return Number(initial ?? minimum ?? 0);
  if (type === 'BOOLEAN') return initial === true || initial === 'true';
  return initial === undefined ? 'virtual' : String(initial);
}

function numberOf(visitor: ConfigData, key: 'rate' | 'period', otherwise: number): number {
  const value = visitor[key];
  return typeof value === 'number' ? value : otherwise;
}

/** Moves a value towards the one that it follows. */
function follow({ name, visitor }: MappedProperty, values: Map<string, PropertyValue>, seconds: number): void {
  const target = values.get(String(visitor['follows'] ?? ''));
  const now = values.get(name);
  if (typeof target !== 'number' || typeof now !== 'number') return;
  const most = numberOf(visitor, 'rate', 1) * seconds;
  values.set(name, now + Math.sign(target - now) * Math.min(most, Math.abs(target - now)));
}

/** A value that moves by itself. */
function swing(property: MappedProperty, seconds: number): PropertyValue {
  const { type, visitor } = property;
  const phase = (seconds / numberOf(visitor, 'period', 60)) % 1;
  if (type === 'BOOLEAN') return phase >= 0.5;
  if (!isNumeric(type)) return initialOf(property);
  const low = Number(property.minimum ?? 0);
  const high = Number(property.maximum ?? low + 100);
  return rounded(property, low + ((high - low) * (1 - Math.cos(2 * Math.PI * phase))) / 2);
}

function rounded({ type }: MappedProperty, value: PropertyValue): PropertyValue {
  if (typeof value !== 'number') return value;
  return type === 'INT' ? Math.round(value) : Math.round(value * 100) / 100;
}
