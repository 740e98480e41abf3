import { MovingLine } from './redraw.ts';
import type { Ui } from './ui.ts';

/** One piece of long work. `run` may tell how it goes, and returns what came of it, for people. */
export interface Step {
  readonly title: string;
  readonly run: (progress: (detail: string) => void) => Promise<string | undefined>;
}

/** What a step did; part of the JSON of commands such as demo. */
export interface StepReport {
  readonly step: number;
  readonly title: string;
  readonly detail?: string;
  /** How long it took, ms. */
  readonly ms: number;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/**
 * Runs the steps in order, numbered and timed, on stderr: one moving line each on a terminal, plain lines elsewhere.
 * @throws what a step threw, after marking that step as failed.
 */
export async function runSteps(steps: readonly Step[], ui: Ui): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  for (const [index, step] of steps.entries()) reports.push(await runStep(step, index + 1, steps.length, ui));
  return reports;
}

async function runStep(step: Step, number: number, total: number, ui: Ui): Promise<StepReport> {
  const label = `[${number}/${total}] ${step.title}`;
  const begun = performance.now();
  const line = ui.animated ? movingLine(label, ui) : plainLine(label, ui);
  try {
    const detail = await step.run(line.progress);
    const ms = Math.round(performance.now() - begun);
    line.end(`${ui.colors.green('✔')} ${label}${detail === undefined ? '' : `: ${detail}`} ${ui.colors.dim(`(${seconds(ms)})`)}`);
    return { step: number, title: step.title, ...(detail !== undefined && { detail }), ms };
  } catch (error) {
    line.end(`${ui.colors.red('✘')} ${label} ${ui.colors.dim(`(${seconds(performance.now() - begun)})`)}`);
    throw error;
  }
}

interface Line {
  readonly progress: (detail: string) => void;
  readonly end: (text: string) => void;
}

function plainLine(label: string, ui: Ui): Line {
  ui.line(`  ${label} …`);
  return { progress: (detail) => ui.line(`    ${detail}`), end: (text) => ui.line(text) };
}

function movingLine(label: string, ui: Ui): Line {
  let detail = '';
  let frame = 0;
  const line = new MovingLine(ui);
  const draw = (): void => {
    line.draw(`${ui.colors.cyan(FRAMES[frame % FRAMES.length] ?? '')} ${label}${detail === '' ? '' : `: ${detail}`}`);
    frame += 1;
  };
  draw();
  const timer = setInterval(draw, 80);
  return {
    progress: (text) => {
      detail = text;
    },
    end: (text) => {
      clearInterval(timer);
      line.end(text);
    },
  };
}

/** `0.3 s`. */
function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
