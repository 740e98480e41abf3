import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, constants, copyFileSync, mkdirSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
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

/** An ext4 disk in a file, which can fail under those who use it. Only root can. */
export class FailingDisk {
  readonly path: string;
  readonly #image: string;
  readonly #remove: () => Promise<void>;

  private constructor(folder: string, remove: () => Promise<void>) {
    this.path = join(folder, 'disk');
    this.#image = join(folder, 'image');
    this.#remove = remove;
  }

  static async mount(megabytes: number): Promise<FailingDisk> {
    const folder = await temporaryFolder();
    const disk = new FailingDisk(folder.path, folder.remove);
    mkdirSync(disk.path);
    writeFileSync(disk.#image, '');
    truncateSync(disk.#image, megabytes * 1024 * 1024);
    execFileSync('mkfs.ext4', ['-q', disk.#image]);
    disk.#mount();
    return disk;
  }

  /** What the kernel does with a file system that has met an error of its device: it takes no writes from now on. */
  fail(): void {
    execFileSync('mount', ['-o', 'remount,abort', this.path]);
  }

  /**
   * Cuts the power: runs `look` on a disk that holds what this one's device has been given by now, and nothing that only the kernel's memory
   * has. This disk goes on as if nothing had been.
   */
  async afterPowerCut(look: (path: string) => void | Promise<void>): Promise<void> {
    const folder = await temporaryFolder();
    const image = join(folder.path, 'image');
    copyFileSync(this.#image, image, constants.COPYFILE_FICLONE);
    const path = join(folder.path, 'disk');
    mkdirSync(path);
    execFileSync('mount', ['-o', 'loop', image, path]);
    try {
      await look(path);
    } finally {
      execFileSync('umount', ['--lazy', path]);
      await folder.remove();
    }
  }

  /** Checks the disk and mounts it anew; nobody may use it. */
  repair(): void {
    execFileSync('umount', [this.path]);
    // 1: errors were found and corrected.
    const { status } = spawnSync('e2fsck', ['-f', '-y', this.#image], { stdio: 'ignore' });
    if (status !== 0 && status !== 1) throw new Error(`e2fsck: ${String(status)}`);
    this.#mount();
  }

  async unmount(): Promise<void> {
    execFileSync('umount', ['--lazy', this.path]);
    await this.#remove();
  }

  #mount(): void {
    execFileSync('mount', ['-o', 'loop', this.#image, this.path]);
  }
}
