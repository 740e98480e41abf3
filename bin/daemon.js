#!/usr/bin/env node
// One daemon as one process: `daemon.js cloud|edge --home DIR`.
import { main } from '../dist/daemons/launch.js';

await main(process.argv.slice(2));
