import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { KedgeError, systemCode } from '../kernel/errors.ts';
import { isRecord } from '../protocol/message.ts';
import { readWire } from './wire.ts';
import type { Direction, WireMessage } from './wire.ts';

/** A message of the hub's websocket. `line` counts from 1 in `ws.jsonl`. */
export interface Frame {
  readonly line: number;
  /** Seconds since the epoch, as all times of a recording. */
  readonly ts: number;
  readonly connection: number;
  readonly direction: Direction;
  readonly message: WireMessage;
}

/** A websocket that was opened (`headers` of the upgrade request) or closed. */
export interface SocketEvent {
  readonly line: number;
  readonly ts: number;
  readonly connection: number;
  readonly event: 'open' | 'close';
  readonly headers: Readonly<Record<string, string>>;
  /** Of a close: `edge`, `cloud`, … */
  readonly by: string;
}

/** A request at the enrolment port and its answer. `line` is the request's in `https.jsonl`. */
export interface HttpExchange {
  readonly line: number;
  readonly ts: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly answer: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer };
}

/** What was published at the edge's broker. */
export interface MqttRecord {
  readonly line: number;
  readonly ts: number;
  readonly topic: string;
  readonly payload: string;
}

/** What the operator did. */
export interface Mark {
  readonly line: number;
  readonly ts: number;
  readonly text: string;
}

export interface Recording {
  /** Such as `1.18.3`. */
  readonly version: string;
  readonly nodeName: string;
  readonly frames: readonly Frame[];
  readonly sockets: readonly SocketEvent[];
  readonly https: readonly HttpExchange[];
  readonly mqtt: readonly MqttRecord[];
  readonly marks: readonly Mark[];
  /** Lines of `dmi.jsonl` and `tunnel.jsonl`. */
  readonly others: Readonly<Record<string, number>>;
}

const MAX_FILE_BYTES = 64 * 1024 * 1024;
type Line = Record<string, unknown>;

/**
 * Reads a recording: `ws.jsonl`, and what there is of `https.jsonl`, `mqtt.jsonl` and `marks.jsonl`.
 * @throws KedgeError NOT_FOUND, INVALID_INPUT naming file and line
 */
export async function readRecording(dir: string): Promise<Recording> {
  const ws = await lines(join(dir, 'ws.jsonl'), true);
  const frames = ws.flatMap(({ line, value }) => frameOf(dir, line, value));
  const granted = new Set(ws.flatMap(({ value }) => (value['event'] === 'http-response' ? [Number(value['conn'])] : [])));
  const sockets = ws.flatMap(({ line, value }) => socketOf(line, value)).filter(({ connection }) => granted.has(connection));
  const https = exchangesOf(await lines(join(dir, 'https.jsonl')));
  const mqtt = (await lines(join(dir, 'mqtt.jsonl'))).map(({ line, value }) => ({
    line,
    ts: Date.parse(text(value['tst']).replace(/\+0000$/, '')) / 1000,
    topic: text(value['topic']),
    payload: text(value['payload']),
  }));
  const marks = (await lines(join(dir, 'marks.jsonl'))).map(({ line, value }) => ({
    line,
    ts: Number(value['ts']),
    text: text(value['mark']),
  }));
  const others = {
    dmi: (await lines(join(dir, 'dmi.jsonl'))).length,
    tunnel: (await lines(join(dir, 'tunnel.jsonl'))).length,
  };
  return { ...identityOf(dir, frames, sockets), frames, sockets, https, mqtt, marks, others };
}

interface Numbered {
  readonly line: number;
  readonly value: Line;
}

async function lines(path: string, required = false): Promise<Numbered[]> {
  const file = basename(path);
  const content = await readLimited(path).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    if (!required) return '';
    throw new KedgeError('NOT_FOUND', `there is no recording: ${path} is missing`, {
      hint: 'name the folder of one version with --replay',
    });
  });
  return content.split('\n').flatMap((part, index) => {
    if (part.trim() === '') return [];
    const value = parse(part);
    if (!isRecord(value)) throw malformed(file, index + 1, 'not a JSON object');
    return [{ line: index + 1, value }];
  });
}

async function readLimited(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) throw malformed(basename(path), 0, `larger than ${MAX_FILE_BYTES} bytes`);
  return readFile(path, 'utf8');
}

function frameOf(dir: string, line: number, value: Line): Frame[] {
  const { decoded, dir: direction, ts, conn } = value;
  if (decoded === undefined) return [];
  const message = readWire(decoded);
  if (message === undefined) throw malformed(join(basename(dir), 'ws.jsonl'), line, 'not a message with header and route');
  if (direction !== 'edge->cloud' && direction !== 'cloud->edge') throw malformed('ws.jsonl', line, 'without a direction');
  return [{ line, ts: Number(ts), connection: Number(conn), direction, message }];
}

/** An upgrade counts once it was granted: dials that reached nobody are none. */
function socketOf(line: number, { event, ts, conn, headers, by }: Line): SocketEvent[] {
  if (event !== 'http-request' && event !== 'close') return [];
  const known = { line, ts: Number(ts), connection: Number(conn), by: text(by) };
  return [{ ...known, event: event === 'close' ? 'close' : 'open', headers: headersOf(headers) }];
}

function exchangesOf(all: readonly Numbered[]): HttpExchange[] {
  return all.flatMap(({ line, value }, index) => {
    if (value['event'] !== 'http-request') return [];
    const answer = all
      .slice(index + 1)
      .find((other) => other.value['conn'] === value['conn'] && other.value['event'] === 'http-response')?.value;
    if (answer === undefined) return [];
    const [method = '', path = ''] = text(value['start']).split(' ');
    const { headers, body } = bodyOf(value);
    return [
      {
        line,
        ts: Number(value['ts']),
        method,
        path,
        headers,
        body,
        answer: { status: Number(text(answer['start']).split(' ')[1]), ...bodyOf(answer) },
      },
    ];
  });
}

function bodyOf(value: Line): { headers: Record<string, string>; body: Buffer } {
  return { headers: headersOf(value['headers']), body: Buffer.from(text(value['body_base64']), 'base64') };
}

function headersOf(pairs: unknown): Record<string, string> {
  const list = Array.isArray(pairs) ? (pairs as unknown[]) : [];
  return Object.fromEntries(list.map((pair) => (Array.isArray(pair) ? [text(pair[0]).toLowerCase(), text(pair[1])] : ['', ''])));
}

/** The version is in the Node that the edge registers, the node's name in its upgrade request. */
function identityOf(dir: string, frames: readonly Frame[], sockets: readonly SocketEvent[]): { version: string; nodeName: string } {
  const nodeName = sockets.find(({ event }) => event === 'open')?.headers['node_id'];
  const told = frames.map(({ message }) => /-kubeedge-v(\d+\.\d+\.\d+)/.exec(JSON.stringify(message.content))?.[1]);
  const version = told.find((found) => found !== undefined);
  if (nodeName === undefined || version === undefined) {
    throw new KedgeError('INVALID_INPUT', `the recording in ${dir} tells neither node nor version: it lacks an upgrade or a Node`, {
      hint: 'record from the start of the edge on',
    });
  }
  return { version, nodeName };
}

function parse(part: string): unknown {
  try {
    return JSON.parse(part) as unknown;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function malformed(file: string, line: number, what: string): KedgeError {
  return new KedgeError('INVALID_INPUT', `${file}${line === 0 ? '' : `, line ${line}`}: ${what}`, { hint: 'record it again' });
}

/** True when the edge's certificate names no node, as up to 1.15. */
export function namesNoNode({ version }: Recording): boolean {
  return Number(version.split('.')[1]) < 16;
}
