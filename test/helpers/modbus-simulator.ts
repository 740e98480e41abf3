import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { freePorts } from './kedge.ts';

/** What pymodbus is to serve: a hundred of each kind, all 0, at the addresses that requests name. */
const CONFIGURATION = `
import sys
from pymodbus.datastore import ModbusSequentialDataBlock as Block, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartTcpServer
slave = ModbusSlaveContext(di=Block(0, [0] * 100), co=Block(0, [0] * 100), hr=Block(0, [0] * 100), ir=Block(0, [7] * 100), zero_mode=True)
StartTcpServer(context=ModbusServerContext(slaves=slave, single=True), address=('127.0.0.1', int(sys.argv[1])), allow_reuse_address=True)
`;

/** A Modbus TCP device: Debian's pymodbus, looked into and changed with mbpoll. */
export class ModbusSimulator {
  #port = 0;
  #process: ChildProcess | undefined;

  get port(): number {
    return this.#port;
  }

  async start(): Promise<this> {
    if (this.#port === 0) [this.#port = 0] = await freePorts(1);
    this.#process = spawn('/usr/bin/python3', ['-c', CONFIGURATION, String(this.#port)], { stdio: 'ignore' });
    await eventually(() => this.holding(0), 'the simulator');
    return this;
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** What a holding register has. */
  holding(address: number): Promise<string> {
    return this.#value('4', address);
  }

  coil(address: number): Promise<string> {
    return this.#value('0', address);
  }

  /** Somebody turns a knob at the device. */
  async turn(address: number, value: number): Promise<void> {
    await this.#mbpoll(['-t', '4', '-r', String(address)], [String(value)]);
  }

  async #value(table: string, address: number): Promise<string> {
    const printed = await this.#mbpoll(['-t', table, '-r', String(address), '-1'], []);
    const [, value] = /^\[\d+\]:\s+(\d+)/m.exec(printed) ?? [];
    if (value === undefined) throw new Error(printed);
    return value;
  }

  async #mbpoll(options: string[], values: string[]): Promise<string> {
    const args = ['-m', 'tcp', '-0', '-a', '1', '-p', String(this.#port), ...options, '127.0.0.1', ...values];
    return (await promisify(execFile)('mbpoll', args)).stdout;
  }
}
