import { open } from 'node:fs/promises';
import { systemCode } from '../kernel/errors.ts';
import { parseLogRecord } from '../kernel/log-record.ts';
import type { LogRecord } from '../kernel/log-record.ts';

const BLOCK_BYTES = 64 * 1024;
/** A longer line is cut. */
const MAX_LINE_BYTES = 1024 * 1024;

/**
 * The records of a daemon's log file and of those set aside before it (`log.1`, …), the newest first. Blocks are read from the end, so
 * that who needs a few lines of a large log reads a few blocks. Files that are not there hold nothing.
 */
export async function* recordsBackwards(path: string): AsyncGenerator<LogRecord> {
  for (let index = 0; ; index += 1) {
    let found = false;
    for await (const line of linesBackwards(index === 0 ? path : `${path}.${index}`)) {
      found = true;
      if (line !== '') yield parseLogRecord(line);
    }
    // The log itself may be new and empty, or set aside this moment.
    if (!found && index > 0) return;
  }
}

async function* linesBackwards(path: string): AsyncGenerator<string> {
  const file = await open(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return;
  try {
    let { size: end } = await file.stat();
    if (end === 0) return;
    let rest = Buffer.alloc(0);
    while (end > 0) {
      const start = Math.max(0, end - BLOCK_BYTES);
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(end - start), position: start });
      const block = Buffer.concat([buffer.subarray(0, bytesRead), rest]);
      const first = start === 0 ? 0 : block.indexOf('\n') + 1;
      if (start === 0 || first > 0) yield* block.toString('utf8', first).split('\n').reverse();
      rest = first === 0 ? block.subarray(0, MAX_LINE_BYTES) : block.subarray(0, first - 1);
      end = start;
    }
  } finally {
    await file.close();
  }
}
