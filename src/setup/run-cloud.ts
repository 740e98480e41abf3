import type { Ui } from '../cli/ui.ts';
import { launch } from '../daemons/launch.ts';
import { messageOf } from '../kernel/errors.ts';
import { joinCommand, prepareCloud } from './init-cloud.ts';
import type { InitCloudOptions } from './init-cloud.ts';

/**
 * Makes a cloud and runs it in this process until the signal aborts: for containers, whose log is stderr.
 * @returns the exit status
 */
export async function runCloud(options: InitCloudOptions, ui: Ui, signal: AbortSignal): Promise<number> {
  await prepareCloud(options, ui);
  const tellHowToJoin = (): void => {
    joinCommand(options.home).then(
      ({ command }) => ui.line(`Join an edge with: ${command}`),
      (error: unknown) => ui.line(`No join token could be made: ${messageOf(error)}`),
    );
  };
  return launch({ role: 'cloud', home: options.home, signal, onReady: tellHowToJoin });
}
