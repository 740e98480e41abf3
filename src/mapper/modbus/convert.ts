import { shortestFloat } from '../../protocol/dmi-any.ts';
import type { MappedProperty, PropertyValue } from '../driver.ts';
import type { ModbusVisitor } from './visitor.ts';

type Typed = Pick<MappedProperty, 'type' | 'minimum'>;

/**
 * What registers hold, as KubeEdge's Modbus mapper reads it: whole numbers of 16, 32 or 64 bits, big-endian; FLOAT of two registers and DOUBLE of four
 * (or the other way round) as IEEE 754; of one register a whole number. Whole numbers are unsigned unless the model's minimum is below 0.
 */
export function fromRegisters(property: Typed, visitor: ModbusVisitor, registers: Buffer): PropertyValue {
  const bytes = swapped(registers, visitor);
  const { type } = property;
  if (type === 'BOOLEAN') return bytes.readUInt16BE() === 1;
  if (type === 'INT') return scaledInteger(integerOf(bytes, isSigned(property)), visitor.scale);
  if (type === 'FLOAT' || type === 'DOUBLE')
    return scaled(isIeee(visitor) ? ieeeOf(bytes) : Number(integerOf(bytes, isSigned(property))), visitor.scale);
  return bytes.toString('utf8').replace(/\0+$/, '');
}

/** What registers are to hold so that `fromRegisters` gives the value. @throws Error when it does not fit */
export function toRegisters(property: Typed, visitor: ModbusVisitor, value: PropertyValue): Buffer {
  const { limit, scale } = visitor;
  const { type } = property;
  const bytes = Buffer.alloc(2 * limit);
  if (type === 'BOOLEAN') bytes.writeUInt16BE(Number(value === true));
  else if ((type === 'FLOAT' || type === 'DOUBLE') && isIeee(visitor)) {
    const raw = Number(value) / scale;
    if (limit === 2) bytes.writeFloatBE(raw);
    else bytes.writeDoubleBE(raw);
  } else if (type === 'INT' || type === 'FLOAT' || type === 'DOUBLE') {
    const raw = scale === 1 && typeof value === 'bigint' ? value : BigInt(Math.round(Number(value) / scale));
    writeInteger(bytes, raw, isSigned(property));
  } else {
    const text = Buffer.from(String(value), 'utf8');
    if (text.length > bytes.length)
      throw new Error(`${JSON.stringify(value)} has ${text.length} bytes, and ${limit} registers hold ${bytes.length}`);
    text.copy(bytes);
  }
  return swapped(bytes, visitor);
}

/** What bits hold, the first in the lowest place. */
export function fromBits({ type }: Typed, { scale }: ModbusVisitor, bits: readonly boolean[]): PropertyValue {
  if (type === 'BOOLEAN') return bits[0] === true;
  const number = bits.reduce((sum, bit, place) => sum + Number(bit) * 2 ** place, 0);
  return type === 'INT' || type === 'FLOAT' || type === 'DOUBLE' ? Math.trunc(number * scale) : bits.map(Number).join('');
}

/** @throws Error when the value is no single bit */
export function toBit(value: PropertyValue): boolean {
  if (value === true || value === 1 || value === '1' || value === 'true') return true;
  if (value === false || value === 0 || value === '0' || value === 'false') return false;
  throw new Error(`${String(value)} is no value of a coil: 0 or 1, true or false`);
}

function isSigned({ minimum }: Typed): boolean {
  return minimum !== undefined && Number(minimum) < 0;
}

function isIeee({ limit }: ModbusVisitor): boolean {
  return limit > 1;
}

function ieeeOf(bytes: Buffer): number {
  return bytes.length === 4 ? shortestFloat(bytes.readFloatBE()) : bytes.readDoubleBE();
}

function integerOf(bytes: Buffer, signed: boolean): bigint {
  const raw = BigInt(`0x${bytes.toString('hex')}`);
  return signed ? BigInt.asIntN(8 * bytes.length, raw) : raw;
}

function writeInteger(bytes: Buffer, value: bigint, signed: boolean): void {
  const size = 8 * bytes.length;
  if ((signed ? BigInt.asIntN(size, value) : BigInt.asUintN(size, value)) !== value)
    throw new Error(`${value} does not fit into ${size} ${signed ? 'signed' : 'unsigned'} bits`);
  bytes.write(
    BigInt.asUintN(size, value)
      .toString(16)
      .padStart(2 * bytes.length, '0'),
    'hex',
  );
}

function scaledInteger(raw: bigint, scale: number): number | bigint {
  if (scale !== 1) return Math.trunc(scaled(Number(raw), scale));
  const number = Number(raw);
  return Number.isSafeInteger(number) ? number : raw;
}

/** Without the dust of binary fractions: 215 times 0.1 is 21.5. */
function scaled(raw: number, scale: number): number {
  return scale === 1 ? raw : Number((raw * scale).toPrecision(12));
}

function swapped(bytes: Buffer, { isSwap, isRegisterSwap }: ModbusVisitor): Buffer {
  const result = Buffer.from(bytes);
  if (isRegisterSwap) for (let at = 0; at < bytes.length; at += 2) bytes.copy(result, bytes.length - 2 - at, at, at + 2);
  return isSwap ? result.swap16() : result;
}
