import type { IncomingMessage } from 'node:http';

/**
 * Reads a request's body; undefined as soon as it is known to exceed `limit` bytes, before it is read where the length is announced. What is
 * left of it is on the connection then: answer with `Connection: close`.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
