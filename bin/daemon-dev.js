// One daemon from the sources: `node --import tsx bin/daemon-dev.js cloud|edge --home DIR`.
import { main } from '../src/daemons/launch.ts';

await main(process.argv.slice(2));
