import { open } from 'node:fs/promises';
import { KedgeError } from './errors.ts';

/**
 * Reads a text file of at most `limit` bytes, whatever the system says of its size: devices and pipes say nothing.
 * @throws KedgeError INVALID_INPUT when it is larger, and what the system says
 */
export async function readBounded(path: string, limit: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for (;;) {
      const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(Math.min(limit + 1 - size, 64 * 1024)) });
      if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8');
      size += bytesRead;
      if (size > limit) throw new KedgeError('INVALID_INPUT', `${path} is larger than ${limit} bytes`);
      chunks.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
