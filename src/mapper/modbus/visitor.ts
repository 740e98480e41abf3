import type { ConfigData, MappedProperty } from '../driver.ts';

export type RegisterType = 'CoilRegister' | 'DiscreteInputRegister' | 'HoldingRegister' | 'InputRegister';

/** Where in a Modbus device a property is, in KubeEdge's words (mappers-go, modbus). */
export interface ModbusVisitor {
  readonly register: RegisterType;
  /** Address of the first bit or register, from 0. */
  readonly offset: number;
  /** How many bits or registers. */
  readonly limit: number;
  /** The value is what the device has times this. */
  readonly scale: number;
  /** The two bytes of each register are exchanged. */
  readonly isSwap: boolean;
  /** The last register comes first. */
  readonly isRegisterSwap: boolean;
}

/** How to reach a Modbus device. */
export interface ModbusAddress {
  readonly ip: string;
  readonly port: number;
  readonly slaveId: number;
}

const REGISTERS: readonly string[] = ['CoilRegister', 'DiscreteInputRegister', 'HoldingRegister', 'InputRegister'];
/** What one request may ask for (Modbus application protocol 1.1b3). */
const MOST = { bits: 2_000, registers: 125 };

/** True for single bits. */
export function isBits(register: RegisterType): boolean {
  return register === 'CoilRegister' || register === 'DiscreteInputRegister';
}

/** @throws Error that names the key */
export function readAddress(protocol: ConfigData): ModbusAddress {
  const read = reader(protocol, 'protocol.configData');
  const mode = read.optional('communication') ?? read.optional('communicateMode') ?? 'TCP';
  if (String(mode).toUpperCase() !== 'TCP')
    throw new Error(`protocol.configData: communication ${String(mode)} is not supported: only TCP is`);
  const ip = read.optional('ip');
  if (typeof ip !== 'string' || ip === '') throw new Error('protocol.configData.ip is missing: the address of the device');
  return { ip, port: read.whole('port', 1, 65_535, 502), slaveId: read.whole('slaveID', 0, 255, 1) };
}

/** @throws Error that names the property and the key */
export function readVisitor({ name, visitor, type }: MappedProperty): ModbusVisitor {
  const where = `property ${name}: visitors.configData`;
  const read = reader(visitor, where);
  const register = read.optional('register');
  if (typeof register !== 'string' || !REGISTERS.includes(register))
    throw new Error(
      `${where}.register is ${register === undefined ? 'missing' : JSON.stringify(register)}: one of ${REGISTERS.join(', ')}`,
    );
  const kind = register as RegisterType;
  const bits = isBits(kind);
  const limit = read.whole('limit', 1, bits ? MOST.bits : MOST.registers, 1);
  const scale = read.optional('scale') ?? 1;
  if (typeof scale !== 'number' || scale === 0) throw new Error(`${where}.scale is ${JSON.stringify(scale)}: a number other than 0`);
  const fits = limitsOf(type, bits);
  if (fits !== undefined && !fits.includes(limit))
    throw new Error(`${where}.limit is ${limit}: ${String(type)} in ${register} takes ${fits.join(', ')}`);
  return {
    register: kind,
    offset: read.whole('offset', 0, 65_535),
    limit,
    scale,
    isSwap: read.flag('isSwap'),
    isRegisterSwap: read.flag('isRegisterSwap'),
  };
}

/** The lengths that a type can have; undefined for any. */
function limitsOf(type: MappedProperty['type'], bits: boolean): readonly number[] | undefined {
  if (type === 'BOOLEAN') return [1];
  if (bits) return type === 'INT' ? [1, 2, 3, 4, 5, 6, 7, 8] : undefined;
  if (type === 'INT' || type === 'FLOAT' || type === 'DOUBLE') return [1, 2, 4];
  return undefined;
}

function reader(config: ConfigData, where: string) {
  // KubeEdge reads JSON without regard to case.
  const values = new Map(Object.entries(config).map(([key, value]) => [key.toLowerCase(), value]));
  const optional = (key: string): string | number | boolean | undefined => values.get(key.toLowerCase());
  return {
    optional,
    whole: (key: string, least: number, most: number, otherwise?: number): number => {
      const value = optional(key) ?? otherwise;
      if (value === undefined) throw new Error(`${where}.${key} is missing`);
      const number = typeof value === 'string' && value !== '' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isInteger(number) || number < least || number > most)
        throw new Error(`${where}.${key} is ${JSON.stringify(value)}: a whole number from ${least} to ${most}`);
      return number;
    },
    flag: (key: string): boolean => {
      const value = optional(key) ?? false;
      if (typeof value !== 'boolean') throw new Error(`${where}.${key} is ${JSON.stringify(value)}: true or false`);
      return value;
    },
  };
}
