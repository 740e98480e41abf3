import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { systemCode } from './errors.ts';

export interface LogFileOptions {
  /** The file is set aside when it has grown beyond this. */
  readonly maxBytes?: number;
  /** Files set aside, `log.1` the newest. */
  readonly keep?: number;
}

/** A log that is written at once, line by line, and rotates by size: `log`, `log.1`, `log.2`, … */
export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  #file: number;
  #bytes: number;

  constructor(path: string, { maxBytes = 10 * 1024 * 1024, keep = 3 }: LogFileOptions = {}) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#keep = keep;
    this.#file = openSync(path, 'a', 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  /** Part of pino's interface of destinations. */
  write(line: string): void {
    if (this.#bytes >= this.#maxBytes) this.#rotate();
    this.#bytes += writeSync(this.#file, line);
  }

  #rotate(): void {
    closeSync(this.#file);
    for (let index = this.#keep - 1; index >= 0; index -= 1) {
      try {
        renameSync(index === 0 ? this.#path : `${this.#path}.${index}`, `${this.#path}.${index + 1}`);
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') throw error;
      }
    }
    this.#file = openSync(this.#path, 'a', 0o600);
    this.#bytes = 0;
  }
}
