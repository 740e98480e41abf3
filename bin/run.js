#!/usr/bin/env node
import { readFileSync } from 'node:fs';

if (process.argv[2] === '--version') console.log(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version);
else if (process.argv[2] === '__complete') await import('../dist/completion/main.js').then(({ main }) => main(process.argv.slice(3)));
else await import('../dist/cli/main.js').then(({ main }) => main(process.argv.slice(2)));
