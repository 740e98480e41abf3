import { isDeepStrictEqual } from 'node:util';
import { runSteps } from '../cli/steps.ts';
import type { Step, StepReport } from '../cli/steps.ts';
import type { Ui } from '../cli/ui.ts';
import { edgeConfig, loadEdgeConfig } from '../config/edge-config.ts';
import type { EdgeConfig } from '../config/edge-config.ts';
import type { MqttMode } from '../config/mqtt-mode.ts';
import { homePaths } from '../config/home.ts';
import { saveConfig } from '../config/load-config.ts';
import { KedgeError } from '../kernel/errors.ts';
import { DaemonProcess } from './daemon-process.ts';
import { MqttChoice } from './mqtt-choice.ts';
import type { MqttChoiceOptions } from './mqtt-choice.ts';
import { reloadEventBus } from './reload-event-bus.ts';

export interface SetModeOptions extends MqttChoiceOptions {
  readonly mode: MqttMode;
  readonly home: string;
  /** Do not ask the broker first: it is away now. */
  readonly force: boolean;
}

export interface SetModeResult {
  readonly home: string;
  readonly mode: MqttMode;
  /** Where applications find a broker from now on. */
  readonly urls: readonly string[];
  /** False when everything was so already. */
  readonly changed: boolean;
  /** False when the broker that was left was away, and may still keep messages for this edge. */
  readonly drained: boolean;
  readonly steps: readonly StepReport[];
}

/**
 * Changes the MQTT mode of the edge in a home; a running edge changes over without a restart.
 * @throws KedgeError NOT_INSTALLED, USAGE, what the broker refuses, PORT_IN_USE; then all is as before
 */
export async function setMqttMode(options: SetModeOptions, ui: Ui): Promise<SetModeResult> {
  const paths = homePaths(options.home).edge;
  const present = loadEdgeConfig(paths.config);
  const change = new ModeChange(new DaemonProcess('edge', options.home), new MqttChoice(paths, options, present.eventBus), present);
  await change.choice.ask();
  const steps = await runSteps(change.steps(options.force, ui), ui);
  return { ...change.result(), steps };
}

class ModeChange {
  readonly choice: MqttChoice;
  readonly #daemon: DaemonProcess;
  readonly #present: EdgeConfig;
  #isChanged = false;
  #isDrained = true;

  constructor(daemon: DaemonProcess, choice: MqttChoice, present: EdgeConfig) {
    this.#daemon = daemon;
    this.choice = choice;
    this.#present = present;
  }

  steps(force: boolean, ui: Ui): Step[] {
    return [
      { title: 'Check the broker', run: () => this.#check(force, ui) },
      { title: 'Write the configuration', run: () => this.#write() },
      { title: 'Change over', run: (progress) => this.#changeOver(progress) },
    ];
  }

  result(): Omit<SetModeResult, 'steps'> {
    const { mode, urls } = this.choice;
    return { home: this.#daemon.home, mode, urls, changed: this.#isChanged, drained: this.#isDrained };
  }

  async #check(force: boolean, ui: Ui): Promise<string> {
    await this.choice.claimPorts(this.#daemon.pid !== undefined, (text) => ui.line(`${ui.colors.yellow('warning:')} ${text}`));
    if (this.choice.mode === 'internal') return 'the embedded one';
    if (!this.choice.needsCheck) return 'as before';
    if (force) return 'not asked';
    try {
      return `${await this.choice.checkBroker(this.#present.nodeName)} lets this edge in`;
    } catch (error) {
      if (!(error instanceof KedgeError) || !['UNREACHABLE', 'TIMEOUT'].includes(error.code)) throw error;
      throw new KedgeError(error.code, error.message, {
        hint: 'correct --url, or, if the broker is only away just now, add --force',
        cause: error,
      });
    }
  }

  async #write(): Promise<string> {
    const { config: path } = this.#daemon.paths;
    const next = edgeConfig({ ...this.#present, eventBus: this.choice.config });
    this.#isChanged = this.choice.isNew || !isDeepStrictEqual(this.#present, next);
    if (!this.#isChanged) return `${path}, as before`;
    await this.choice.writeFiles();
    await saveConfig(path, next);
    return path;
  }

  /** Asked of the daemon even when nothing was written: it may have been interrupted here the last time. */
  async #changeOver(progress: (detail: string) => void): Promise<string> {
    progress('what the broker keeps is taken first');
    const reloaded = await reloadEventBus(this.#daemon, this.#present);
    if (reloaded === undefined) return `the edge is not running; it will start in mode ${this.choice.mode}`;
    this.#isDrained = reloaded.drained;
    return this.#isDrained ? `mode ${this.choice.mode}` : 'the broker that was left is away, and may keep messages that came too late';
  }
}
