import type { ServerResponse } from 'node:http';
import type { Clock } from '../../../../kernel/clock.ts';
import type { Logger } from '../../../../kernel/log.ts';
import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { WatchObserver } from '../metrics/watch-series.ts';
import type { ObjectEvent, ObjectWatch } from '../object-watch.ts';
import { shapeObject, type Shaping } from './represent.ts';

/** As Kubernetes' watch cache does it. */
const BOOKMARK_INTERVAL_MS = 60_000;
const END_GRACE_MS = 10_000;
/** How much may wait in a socket before its watch holds back. */
const MAX_UNSENT_BYTES = 1024 * 1024;

export interface WatchResponseOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly shaping: Shaping;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
  readonly observer: WatchObserver;
  /** Ends the watch when the server stops. */
  readonly signal: AbortSignal;
}

/** Writes a watch's events, one JSON document per line, for as long as the client reads them. */
export function writeWatch(response: ServerResponse, watch: ObjectWatch, options: WatchResponseOptions): void {
  const { clock, log, shaping, bookmarks, timeoutMs, observer, signal } = options;
  let columnsSent = false;
  const shaped = ({ object }: ObjectEvent): unknown => {
    const shape = shapeObject(object, { ...shaping, now: new Date(clock.now()) });
    const rest = columnsSent ? withoutColumns(shape) : shape;
    columnsSent = true;
    return rest;
  };
  const send = (event: ObjectEvent): void => {
    const line = shaping.as === undefined ? plainLine(event) : lineOf({ ...event, object: shaped(event) });
    observer.sent(line.length);
    response.write(line);
  };
  const pump = (): void => {
    if (watch.overrun) {
      observer.cutOff();
      response.destroy();
      return;
    }
    try {
      while (response.writableLength < MAX_UNSENT_BYTES) {
        const event = watch.shift();
        if (event === undefined) break;
        send(event);
      }
      if (watch.isOver) end();
    } catch (error) {
      // This runs within the commit of somebody's write, which must not suffer, nor the other watches.
      log.error({ err: error, resource: shaping.entry.resource.plural }, 'a watch cannot show a change, it ends');
      stop();
      response.destroy();
    }
  };
  const bookmark = (): void => {
    if (bookmarks && watch.isIdle) send(watch.bookmark());
  };
  const stop = (): void => {
    for (const cancel of cancels.splice(0)) cancel();
    signal.removeEventListener('abort', end);
    watch.close();
  };
  const end = (): void => {
    bookmark();
    // Nothing may be written behind the end: what comes from now on is for the next watch.
    stop();
    response.end();
    // Who does not read will not see the end either.
    cancels.push(clock.after(END_GRACE_MS, () => response.destroy()));
  };
  const cancels = [clock.after(timeoutMs, end), clock.every(BOOKMARK_INTERVAL_MS, bookmark)];
  signal.addEventListener('abort', end, { once: true });
  response.on('close', stop);
  response.on('drain', pump);
  watch.onReady = pump;
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  pump();
}

/** The lines of objects that are shown as they are, each made once however many watch. */
const plainLines = new WeakMap<KubeObject, Map<ObjectEvent['type'], Buffer>>();

function plainLine(event: ObjectEvent): Buffer {
  const lines = plainLines.get(event.object) ?? new Map<ObjectEvent['type'], Buffer>();
  plainLines.set(event.object, lines);
  const line = lines.get(event.type) ?? lineOf(event);
  lines.set(event.type, line);
  return line;
}

function lineOf(event: { readonly type: string; readonly object: unknown }): Buffer {
  return Buffer.from(`${JSON.stringify({ type: event.type, object: event.object })}\n`);
}

/** Only the first table of a watch defines its columns. */
function withoutColumns(shaped: unknown): unknown {
  const table = shaped as { kind?: string };
  return table.kind === 'Table' ? { ...table, columnDefinitions: [] } : shaped;
}
