// npm runs this when all packages are there. Whether SQLite works is found out now, and said in plain words, not at the first start.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const major = Number(process.versions.node.split('.', 1));
// The same choice as in src/store/sqlite.ts.
const names = major < 22 ? ['better-sqlite3'] : major < 24 ? ['better-sqlite3-portable', 'better-sqlite3'] : ['better-sqlite3-portable'];

function works(name) {
  try {
    new (require(name))(':memory:').close();
    return true;
  } catch (error) {
    if (process.env.KEDGE_DEBUG) console.error(error);
    return false;
  }
}

if (!names.some(works)) {
  const nodedir = existsSync('/usr/include/node/node.h') ? '/usr' : "DIR   (DIR/include/node holds Node's headers)";
  console.error(`
kedge keeps its data in SQLite (the package better-sqlite3). Its prebuilt binary could not be downloaded from github.com,
and it could not be compiled here. Install a compiler and run the same npm command again. On Debian and Ubuntu:

    apt-get install python3 make g++

Where nodejs.org cannot be reached, tell npm first where Node's own headers are:

    export npm_config_nodedir=${nodedir}

With Node.js 22 or later nothing has to be compiled on most machines.
`);
  process.exitCode = 1;
}
