// npm runs this when all packages are there. Whether better-sqlite3 works is found out now, and said in plain words, not at the first start.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

try {
  const Database = createRequire(import.meta.url)('better-sqlite3');
  new Database(':memory:').close();
} catch (error) {
  const nodedir = existsSync('/usr/include/node/node.h') ? '/usr' : "DIR   (DIR/include/node holds Node's headers)";
  if (process.env.KEDGE_DEBUG) console.error(error);
  console.error(`
kedge keeps its data in SQLite (the package better-sqlite3). Its prebuilt binary could not be downloaded from github.com,
and it could not be compiled here. Install a compiler and run the same npm command again. On Debian and Ubuntu:

    apt-get install python3 make g++

Where nodejs.org cannot be reached, tell npm first where Node's own headers are:

    export npm_config_nodedir=${nodedir}
`);
  process.exitCode = 1;
}
