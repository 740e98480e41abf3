import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Credentials } from '../../src/kube/credentials.ts';
import { eventually } from './eventually.ts';

export interface RawWatchEvent {
  type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into it as they like
  object: any;
}

export interface RawWatch {
  readonly code: number;
  readonly events: RawWatchEvent[];
  readonly ended: () => boolean;
  /** Waits for the first event that satisfies `wanted`. */
  until(wanted: (event: RawWatchEvent) => boolean, what: string): Promise<RawWatchEvent>;
  /** The response itself, to pause it. */
  readonly response: IncomingMessage;
  close(): void;
}

/** Opens a watch (`path` without `watch=true`) and collects what it brings. */
export function openWatch({ server, ca, cert, key }: Credentials, path: string, headers: Record<string, string> = {}): Promise<RawWatch> {
  const url = `${server}${path}${path.includes('?') ? '&' : '?'}watch=true`;
  const events: RawWatchEvent[] = [];
  let over = false;
  let rest = '';
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, { headers, agent: new Agent({ ca, cert, key }) }, (response) => {
      response.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) events.push(JSON.parse(line) as RawWatchEvent);
      });
      for (const end of ['end', 'error', 'close']) response.on(end, () => (over = true));
      resolve({
        code: response.statusCode ?? 0,
        events,
        ended: () => over,
        until: (wanted, what) => eventually(() => events.find(wanted), what, 5_000),
        response,
        close: () => void request.destroy(),
      });
    });
    request.on('error', (error) => {
      over = true;
      reject(error);
    });
    request.end();
  });
}
