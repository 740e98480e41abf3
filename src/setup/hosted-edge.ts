import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ui } from '../cli/ui.ts';
import { writeSecretFile } from '../kernel/secret-file.ts';
import { hostPort } from '../protocol/host-port.ts';

/** An edge that a person joins: the command for it is told, with the token in a file of this user's own. */
export class HostedEdge {
  readonly #ui: Ui;
  readonly #url: string;
  readonly #folder: string;
  /** Of an edge as it comes, and a little more. */
  readonly reportIntervalMs = 1_200;

  private constructor(folder: string, url: string, ui: Ui) {
    this.#folder = folder;
    this.#url = url;
    this.#ui = ui;
  }

  /** `url` of the edge's broker, such as `mqtt://127.0.0.1:1884`. */
  static async make(url: string, ui: Ui): Promise<HostedEdge> {
    return new HostedEdge(await mkdtemp(join(tmpdir(), 'kedge-conformance-')), url, ui);
  }

  async join({ nodeName, host, httpsPort, token }: { nodeName: string; host: string; httpsPort: number; token: string }): Promise<void> {
    const file = join(this.#folder, 'token');
    await writeSecretFile(file, `${token}\n`);
    this.#ui.line(
      `Join an edge that has joined nothing yet; its broker is expected at ${this.#url}:\n\n` +
        `  kedge join edge --cloud ${hostPort(host, httpsPort)} --token-file ${file} --node-name ${nodeName}\n`,
    );
  }

  mqttUrl(): string {
    return this.#url;
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
