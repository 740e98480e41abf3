import { expect } from 'chai';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KedgeError } from '../../../src/kernel/errors.ts';
import { loadSqlite } from '../../../src/store/sqlite.ts';

const require = createRequire(import.meta.url);

function folderOf(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}

describe('SQLite as it was installed', () => {
  let dir: string;
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'kedge-sqlite-'))));
  afterEach(() => rm(dir, { recursive: true }));

  /** As npm leaves it when it runs no install scripts. */
  async function installUncompiled(): Promise<string> {
    const target = join(dir, 'node_modules', 'better-sqlite3');
    for (const part of ['package.json', 'lib']) await cp(join(folderOf('better-sqlite3'), part), join(target, part), { recursive: true });
    for (const name of ['bindings', 'file-uri-to-path']) await cp(folderOf(name), join(dir, 'node_modules', name), { recursive: true });
    return target;
  }

  function failure(node = '20.19.0'): KedgeError {
    try {
      loadSqlite(createRequire(join(dir, 'kedge.js')), node);
    } catch (error) {
      if (error instanceof KedgeError) return error;
      throw error;
    }
    throw new Error('it loads');
  }

  it('opens databases', () => {
    const db = new (loadSqlite())(':memory:');
    expect(db.prepare('SELECT 1 + 1').pluck().get()).to.equal(2);
    db.close();
  });

  it('is missing', () => {
    const { code, message, hint } = failure();
    expect(code).to.equal('ADDON');
    expect(message).to.equal('SQLite (the package better-sqlite3) was not installed');
    expect(hint).to.equal('apt-get install python3 make g++, then install kedge again');
  });

  it('is missing on a Node.js for which nothing is compiled', () => {
    const { message, hint } = failure('24.19.0');
    expect(message).to.equal('SQLite (the package better-sqlite3-portable) was not installed');
    expect(hint).to.match(/^install kedge again/);
  });

  it('falls back on Node.js 22 to what was compiled', () => {
    expect(failure('22.0.0').message).to.equal('SQLite (the package better-sqlite3) was not installed');
  });

  it('survives the collection of statements', async () => {
    const db = new (loadSqlite())(':memory:');
    for (let index = 0; index < 20_000; index += 1) db.prepare('SELECT ?').get(index);
    // Collection when idle is what has ended the process.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(db.prepare('SELECT 7').pluck().get()).to.equal(7);
    db.close();
  });

  it('was not compiled', async () => {
    await installUncompiled();
    const { message, hint } = failure();
    expect(message).to.equal('SQLite (the package better-sqlite3) was not compiled for this machine');
    expect(hint).to.equal(`cd ${dir} && npm rebuild better-sqlite3; where it has to be compiled, first: apt-get install python3 make g++`);
  });

  it('was compiled for something else', async () => {
    const release = join(await installUncompiled(), 'build', 'Release');
    await mkdir(release, { recursive: true });
    await writeFile(join(release, 'better_sqlite3.node'), 'not for this machine');
    const { message, hint } = failure();
    expect(message).to.match(/cannot be loaded: .*better_sqlite3\.node: /);
    expect(message).not.to.contain('\n');
    expect(hint).to.contain('npm rebuild better-sqlite3');
  });
});
