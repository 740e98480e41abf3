import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../src/kernel/errors.ts';
import { temporaryFolder } from './kedge.ts';

/** A disk of its own with little room, mounted in a temporary folder. Only root can. */
export class SmallDisk {
  readonly path: string;
  readonly #remove: () => Promise<void>;

  private constructor(path: string, remove: () => Promise<void>) {
    this.path = path;
    this.#remove = remove;
  }

  static async mount(megabytes: number): Promise<SmallDisk> {
    const folder = await temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'kedge-test', folder.path]);
    return new SmallDisk(folder.path, folder.remove);
  }

  /** Writes until there is no room for one byte more. */
  fill(): void {
    const file = openSync(join(this.path, 'filler'), 'a');
    try {
      for (let size = 1024 * 1024; size >= 1;) {
        try {
          writeSync(file, Buffer.alloc(size));
        } catch (error) {
          if (systemCode(error) !== 'ENOSPC') throw error;
          size = Math.floor(size / 2);
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(join(this.path, 'filler'));
  }

  /** Whoever has a file open for writing keeps the disk from becoming read-only. */
  readOnly(yes: boolean): void {
    execFileSync('mount', ['-o', `remount,${yes ? 'ro' : 'rw'}`, this.path]);
  }

  async unmount(): Promise<void> {
    execFileSync('umount', ['--lazy', this.path]);
    await this.#remove();
  }
}
