import fc from 'fast-check';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { carryOut, history } from '../helpers/history/commands.ts';
import type { Command } from '../helpers/history/commands.ts';
import { World } from '../helpers/history/world.ts';

/** Where in a seed's histories a failure was: that one is tried again. */
const PATH = process.env['KEDGE_HISTORY_PATH'];
const RUNS = PATH === undefined ? Number(process.env['KEDGE_HISTORY_RUNS'] ?? 10_000) : 1;
/** A machine that is slow or busy tries fewer, and says how many. */
const SECONDS = Number(process.env['KEDGE_HISTORY_SECONDS'] ?? 300);
const SEED = Number(process.env['KEDGE_HISTORY_SEED'] ?? Date.now() & 0x7fffffff);

describe('any history of edits, reports, cuts, crashes, lost stores and clocks', function () {
  this.timeout(600_000);
  let world: World;
  const real = { randomUUID: crypto.randomUUID, random: Math.random };

  before(async () => {
    world = await World.create();
  });
  afterEach(() => {
    world.turns.release();
    Math.random = real.random;
    crypto.randomUUID = real.randomUUID;
    syncBuiltinESMExports();
  });

  /** What is random in the modules is so by the history's seed. */
  function seedModules(): void {
    const hex = (digits: number): string =>
      world
        .random(16 ** digits)
        .toString(16)
        .padStart(digits, '0');
    crypto.randomUUID = () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`;
    syncBuiltinESMExports();
    Math.random = () => world.random(2 ** 30) / 2 ** 30;
    world.turns.take();
  }

  it(`loses nothing, goes nowhere back, and ends with both sides equal (${RUNS} histories, seed ${SEED})`, async () => {
    seedModules();
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer(), history, async (seed: number, commands: Command[]) => {
        tried += 1;
        await world.begin(seed);
        try {
          for (const command of commands) await carryOut(world, command);
          await world.heal();
        } finally {
          world.end();
        }
      }),
      {
        numRuns: RUNS,
        seed: SEED,
        interruptAfterTimeLimit: SECONDS * 1_000,
        ...(PATH !== undefined && { path: PATH }),
      },
    );
    if (tried < RUNS) process.stderr.write(`      only ${tried} of ${RUNS} histories in ${SECONDS} s\n`);
  });
});
