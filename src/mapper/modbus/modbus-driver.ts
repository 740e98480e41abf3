import { once } from 'node:events';
import { connect } from 'node:net';
import { ModbusTCPClient } from 'jsmodbus';
import { messageOf } from '../../kernel/errors.ts';
import { DeviceLost } from '../driver.ts';
import type { DeviceHandle, Driver, DriverContext, MappedDevice, MappedProperty } from '../driver.ts';
import { fromBits, fromRegisters, toBit, toRegisters } from './convert.ts';
import { isBits, readAddress, readVisitor } from './visitor.ts';

type Client = ModbusTCPClient;

/** How long a device may take to accept a connection and to answer, as KubeEdge's mapper waits. */
const TIMEOUT_MS = 5_000;

/** Exception codes of Modbus (application protocol 1.1b3, chapter 7). */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'server device failure',
  6: 'server device busy',
  10: 'gateway path unavailable',
  11: 'gateway target device failed to respond',
};

/** Devices that speak Modbus TCP, with the device files of KubeEdge's own Modbus mapper. */
export class ModbusDriver implements Driver {
  check({ protocol, properties }: MappedDevice): void {
    readAddress(protocol);
    for (const property of properties) readVisitor(property);
  }

  async open({ protocol }: MappedDevice, { signal }: DriverContext): Promise<DeviceHandle> {
    const { ip, port, slaveId } = readAddress(protocol);
    const socket = connect({ host: ip, port, noDelay: true });
    const client = new ModbusTCPClient(socket, slaveId, TIMEOUT_MS);
    let broken: Error | undefined;
    socket.on('error', (error) => (broken = error));
    try {
      await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
    } catch (error) {
      socket.destroy();
      throw new DeviceLost(`${ip}:${port} does not answer: ${messageOf(error)}`, { cause: error });
    }
    const asked = async <T>(request: Promise<T>): Promise<T> => {
      try {
        return await request;
      } catch (error) {
        throw explained(error, `${ip}:${port}`, broken);
      }
    };
    return {
      read: (property) => asked(read(client, property)),
      write: (property, value) => asked(write(client, property, value)),
      close: () => void socket.destroy(),
    };
  }
}

async function read(client: Client, property: MappedProperty) {
  const visitor = readVisitor(property);
  const { register, offset, limit } = visitor;
  if (isBits(register)) {
    const { response } = await (register === 'CoilRegister' ? client.readCoils(offset, limit) : client.readDiscreteInputs(offset, limit));
    return fromBits(property, visitor, Array.from(response.body.valuesAsArray).slice(0, limit).map(Boolean));
  }
  const { response } = await (register === 'HoldingRegister'
    ? client.readHoldingRegisters(offset, limit)
    : client.readInputRegisters(offset, limit));
  return fromRegisters(property, visitor, response.body.valuesAsBuffer);
}

async function write(client: Client, property: MappedProperty, value: Parameters<typeof toRegisters>[2]): Promise<void> {
  const visitor = readVisitor(property);
  const { register, offset, limit } = visitor;
  if (register === 'InputRegister' || register === 'DiscreteInputRegister') throw new Error(`a ${register} cannot be written`);
  if (register === 'CoilRegister') await client.writeSingleCoil(offset, toBit(value));
  else {
    const bytes = toRegisters(property, visitor, value);
    if (limit === 1) await client.writeSingleRegister(offset, bytes.readUInt16BE());
    else await client.writeMultipleRegisters(offset, bytes);
  }
}

/** What the library rejects with: an exception that the device answered concerns the property, all else the connection. */
function explained(error: unknown, peer: string, broken: Error | undefined): Error {
  const { err, response } = error as { err?: string; response?: { body?: { code?: number } } };
  if (err === undefined) return error instanceof Error ? error : new Error(String(error));
  const code = response?.body?.code;
  if (err === 'ModbusException' && code !== undefined)
    return new Error(`the device answers ${EXCEPTIONS[code] ?? 'an exception'} (code ${code})`);
  return new DeviceLost(`${peer}: ${broken?.message ?? `${err}: ${messageOf(error)}`}`, { cause: error });
}
