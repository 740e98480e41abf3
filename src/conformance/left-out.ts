import type { Verdict } from './report.ts';

/** A step of the recording that a run does not take. `file` is `marks.jsonl`, `ws.jsonl` or `mqtt.jsonl`. */
export interface LeftOut {
  readonly file: string;
  readonly line: number;
  readonly what: string;
  readonly reason: string;
}

/** What was left out, as it stands in the report. */
export function leftOutVerdict({ file, line, what, reason }: LeftOut): Verdict {
  return { at: `${file}:${line}`, group: file === 'ws.jsonl' ? 'connection' : 'operator', what, outcome: 'out of scope', reason };
}
