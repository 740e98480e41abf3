import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { parseDuration } from '../cli/duration.ts';
import { MovingLine } from '../cli/redraw.ts';
import { describeSample } from '../sim/describe.ts';
import type { SimResult, SimSample } from '../sim/sample.ts';

/** Lines that are not redrawn come this seldom. */
const PLAIN_LINE_MS = 5_000;
/** So many edges are one process, if it is not said otherwise. */
const EDGES_PER_PROCESS = 1_000;

export default class Sim extends BaseCommand<typeof Sim> {
  static override summary = 'Put a load on the cloud of this home: many simulated edges and devices.';
  static override description =
    'Each edge has a certificate, a session and a Node with its lease, as a real one has; its devices report made-up values. Everything is removed again at the end.';
  static override examples = [
    '<%= config.bin %> sim --edges 500 --duration 1m',
    '<%= config.bin %> sim --edges 50 --devices 10 --report-interval 2s',
    '<%= config.bin %> sim --edges 5000 --devices 0 -o json',
  ];
  static override flags = {
    edges: Flags.integer({ description: 'how many edges', helpValue: 'NUMBER', default: 10, min: 1, max: 20_000 }),
    devices: Flags.integer({ description: 'how many devices each edge has', helpValue: 'NUMBER', default: 1, min: 0, max: 1_000 }),
    'report-interval': Flags.string({ description: 'how often each device reports', helpValue: 'DURATION', default: '1s' }),
    duration: Flags.string({ description: 'how long, once everything is there; until Ctrl-C if not given', helpValue: 'DURATION' }),
    processes: Flags.integer({
      description: `in how many processes; one for each ${EDGES_PER_PROCESS} edges if not given`,
      helpValue: 'NUMBER',
      min: 1,
      max: 64,
    }),
    keep: Flags.boolean({ description: 'leave the nodes and devices in the API' }),
  };

  override async run(): Promise<SimResult> {
    const [{ Simulation }, { describeResult }] = await Promise.all([import('../sim/simulation.ts'), import('../sim/describe.ts')]);
    const { edges, devices, home, keep, duration, processes = Math.ceil(edges / EDGES_PER_PROCESS) } = this.flags;
    const reportIntervalMs = Math.max(1, parseDuration(this.flags['report-interval']));
    const line = new MovingLine(this.ui);
    const simulation = new Simulation({
      ...{ home, edges, devices, keep, reportIntervalMs, processes, version: this.config.version, signal: this.interrupted },
      ...(duration !== undefined && { durationMs: parseDuration(duration) }),
      onSample: this.#teller(line, edges, edges * devices),
    });
    const result = await simulation.run().finally(() => line.end());
    return this.show(result, () => describeResult(result));
  }

  #teller(moving: MovingLine, edges: number, devices: number): (sample: SimSample) => void {
    let next = 0;
    return (sample) => {
      const line = describeSample(sample, edges, devices);
      if (this.ui.animated) moving.draw(line);
      else if (sample.ms >= next) {
        this.ui.line(line);
        next = sample.ms + PLAIN_LINE_MS;
      }
    };
  }
}
