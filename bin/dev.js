#!/usr/bin/env node
// kedge from its sources: `node --import tsx bin/dev.js …`.
import { main } from '../src/cli/main.ts';

await main(process.argv.slice(2), './src/commands');
