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

  /** Part of pino's interface of destinations. Never throws: a disk that takes no log must not end what is logged. */
  write(line: string): void {
    try {
      if (this.#bytes >= this.#maxBytes) this.#rotate();
      this.#bytes += writeSync(this.#file, line);
    } catch {
      // The line is lost, and there is nowhere to tell it.
    }
  }

  #rotate(): void {
    // First, so that a rotation that fails is tried again after as many bytes, and not at every line.
    this.#bytes = 0;
    for (let index = this.#keep - 1; index >= 0; index -= 1) {
      try {
        renameSync(index === 0 ? this.#path : `${this.#path}.${index}`, `${this.#path}.${index + 1}`);
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') throw error;
      }
    }
    const file = openSync(this.#path, 'a', 0o600);
    // Not before: its number would soon be another file's.
    closeSync(this.#file);
    this.#file = file;
  }
}
