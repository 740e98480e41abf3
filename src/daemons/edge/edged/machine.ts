import { readFile, statfs } from 'node:fs/promises';
import { arch, cpus, release } from 'node:os';

/** What a Node's status says about the machine. Quantities in bytes; an empty string is what could not be read. */
export interface Machine {
  readonly architecture: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly machineID: string;
  readonly systemUUID: string;
  readonly bootID: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly memoryAvailableBytes: number;
  readonly diskBytes: number;
  readonly diskAvailableBytes: number;
}

/** Go's names of the architectures that Node.js runs on. */
const GOARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', loong64: 'loong64' };

/** Reads the machine as it is now. `dataFolder` stands on the file system whose space is told. */
export async function readMachine(dataFolder: string): Promise<Machine> {
  const [osRelease, meminfo, machineID, systemUUID, bootID, disk] = await Promise.all([
    text('/etc/os-release'),
    text('/proc/meminfo'),
    text('/etc/machine-id'),
    text('/sys/class/dmi/id/product_uuid'),
    text('/proc/sys/kernel/random/boot_id'),
    statfs(dataFolder),
  ]);
  return {
    architecture: GOARCH[arch()] ?? arch(),
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? '',
    machineID,
    systemUUID: systemUUID === '' ? machineID : systemUUID,
    bootID,
    cpus: cpus().length,
    memoryBytes: kibibytes(meminfo, 'MemTotal') * 1024,
    memoryAvailableBytes: kibibytes(meminfo, 'MemAvailable') * 1024,
    diskBytes: disk.blocks * disk.bsize,
    diskAvailableBytes: disk.bavail * disk.bsize,
  };
}

async function text(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return '';
  }
}

function kibibytes(meminfo: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(meminfo)?.[1] ?? 0);
}
