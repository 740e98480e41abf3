import type { IncomingMessage } from 'node:http';
import { KedgeError } from '../kernel/errors.ts';
import type { TransportLimits } from './transport.ts';

const NEWLINE = 0x0a;

/**
 * The lines of an answer that has no end. Ends when the server closes it cleanly.
 * @throws KedgeError TIMEOUT after `inactivityMs` without a byte, INVALID_INPUT for an endless line, or the connection's own error.
 */
export async function* readLines(
  response: IncomingMessage,
  { inactivityMs, maxBodyBytes, clock }: TransportLimits,
): AsyncGenerator<string> {
  const arm = (): (() => void) =>
    clock.after(inactivityMs, () => {
      response.destroy(new KedgeError('TIMEOUT', `the watch fell silent for ${inactivityMs} ms`));
    });
  let disarm = arm();
  let pending: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      disarm();
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
        const line = Buffer.concat([...pending, chunk.subarray(from, end)]).toString('utf8');
        pending = [];
        size = 0;
        from = end + 1;
        if (line.trim() !== '') yield line;
      }
      pending.push(chunk.subarray(from));
      size += chunk.length - from;
      if (size > maxBodyBytes) throw new KedgeError('INVALID_INPUT', `a line of the watch is longer than ${maxBodyBytes} bytes`);
      disarm = arm();
    }
  } finally {
    disarm();
    response.destroy();
  }
}
