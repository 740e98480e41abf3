import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { systemCode } from '../kernel/errors.ts';
import { parseLogRecord } from '../kernel/log-record.ts';
import type { LogRecord } from '../kernel/log-record.ts';

const POLL_MS = 200;
const BLOCK_BYTES = 64 * 1024;
const MAX_SET_ASIDE = 100;

/**
 * The records that a log gets from now on, until the signal aborts. A log that is set aside is read to its end, with whatever was set
 * aside after it, before the new one; a log that is not there yet is waited for.
 */
export async function* followLog(path: string, signal: AbortSignal): AsyncGenerator<LogRecord> {
  let file = await openIfThere(path);
  // What was there at the beginning has been seen.
  let position = (await file?.stat())?.size ?? 0;
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const block = file === undefined ? Buffer.alloc(0) : await readFrom(file, position);
      position += block.length;
      const lines = (rest + decoder.decode(block, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield parseLogRecord(line);
      if (block.length > 0) continue;
      const next = await successor(path, file);
      if (next === undefined) await delay(POLL_MS, undefined, { signal });
      else {
        await file?.close();
        [file, position] = [next, 0];
      }
    }
  } finally {
    await file?.close();
  }
}

async function readFrom(file: FileHandle, position: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(BLOCK_BYTES), position });
  return buffer.subarray(0, bytesRead);
}

/** The file that came after the one that is open; undefined while that is the newest. */
async function successor(path: string, file: FileHandle | undefined): Promise<FileHandle | undefined> {
  if (file === undefined) return openIfThere(path);
  const { ino } = await file.stat();
  if ((await inodeOf(path)) === ino) return undefined;
  for (let index = 1; index <= MAX_SET_ASIDE; index += 1) {
    const inode = await inodeOf(`${path}.${index}`);
    if (inode === undefined) break;
    if (inode === ino) return openIfThere(index === 1 ? path : `${path}.${index - 1}`);
  }
  // It was set aside so long ago that it is gone.
  return openIfThere(path);
}

async function inodeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.ino;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
