import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createUi } from '../../src/cli/ui.ts';
import { readStatus } from '../../src/client/status.ts';
import { createToken } from '../../src/client/tokens.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { Node } from '../../src/protocol/kubernetes.ts';
import { reset } from '../../src/setup/reset.ts';
import { eventually } from '../helpers/eventually.ts';
import { Installation, succeed } from '../helpers/installation.ts';
import type { Role } from '../helpers/installation.ts';
import { kedge, temporaryFolder } from '../helpers/kedge.ts';
import { killAt } from '../helpers/killed-command.ts';
import type { KillBy } from '../helpers/killed-command.ts';
import { commandLines } from '../helpers/process-list.ts';

/** After every so many kills the same command is run again before the reset. */
const RESUME_EVERY = 6;
const ui = { ...createUi({ 'no-input': true }), animated: false, line: () => undefined };
const PORTS = ['--websocket-port', '0', '--https-port', '0', '--api-port', '0'];

/** One way to make a daemon, again and again in a home of its own. */
interface Series {
  readonly role: Role;
  readonly by: KillBy;
  /** The command for the next round. */
  readonly command: () => Promise<string[]>;
  /** Throws unless the daemon of this home does what it is made for. */
  readonly check: (home: string) => Promise<void>;
}

describe('init and join that are killed', function () {
  this.timeout(300_000);
  let cloud: Installation;

  before(async () => {
    cloud = await Installation.create({ join: false });
  });
  after(() => cloud.remove());

  const initialising = (by: KillBy): Series => ({
    role: 'cloud',
    by,
    command: () => Promise.resolve(['init', 'cloud', '--no-service', '--advertise-address', '127.0.0.1', ...PORTS]),
    check: async (home) => {
      expect((await readStatus(home, 'cloud'))[0]?.health).to.equal('healthy');
    },
  });

  /** The token is good for one edge, also when its one use was taken by a join that did not live to see the answer. */
  const joining = (by: KillBy): Series => ({
    role: 'edge',
    by,
    command: async () => {
      const { token } = await createToken(cloud.home, { ttlSeconds: 600, uses: 1, nodeName: `by-${by}` });
      const where = ['--cloud', `127.0.0.1:${cloud.ports.https}`, '--mqtt-port', '0'];
      return ['join', 'edge', '--no-service', '--node-name', `by-${by}`, '--token', token, ...where];
    },
    check: async () => {
      const { status } = await cloud.kube.get<Node>(RESOURCES.node, `by-${by}`);
      expect(status?.conditions?.find(({ type }) => type === 'Ready')?.status).to.equal('True');
    },
  });

  for (const [title, series] of [
    ['init cloud', initialising],
    ['join edge', joining],
  ] as const) {
    it(`${title}: at every step and every file, reset leaves nothing behind; run again it comes to its end`, async () => {
      const rounds = await Promise.all([killEverywhere(series('step')), killEverywhere(series('file'))]);
      for (const count of rounds) expect(count).to.be.greaterThan(6);
    });
  }
});

/** @returns how many times it was killed, each time later than before, until it came to its end */
async function killEverywhere(series: Series): Promise<number> {
  const folder = await temporaryFolder();
  const home = join(folder.path, 'home');
  const { role, by, command, check } = series;
  try {
    for (let n = 1; ; n += 1) {
      const args = await command();
      const { reached, stderr } = await killAt(args, { home, dir: join(home, role), by, n });
      const told = `${role}, killed at ${by} ${n}:\n${stderr}`;
      const whole = !reached || n % RESUME_EVERY === 0;
      if (reached && whole) await naming(told, () => succeed(kedge(args, { home })));
      if (whole) await naming(told, () => check(home));
      await naming(told, () => leavesNothing(role, home, whole));
      if (!reached) return n - 1;
    }
  } finally {
    await kedge(['stop', role], { home });
    await folder.remove();
  }
}

/** `asCommand`: with the command itself, and not only with what it does, which is quicker. */
async function leavesNothing(role: Role, home: string, asCommand: boolean): Promise<void> {
  if (asCommand) await succeed(kedge(['reset', role, '--yes'], { home }));
  else await reset({ role, home, confirm: () => Promise.resolve(true) }, ui);
  await eventually(() => !commandLines().some((line) => line.includes(`--home ${home} `)), 'the end of its processes', 30_000);
  expect(existsSync(home), 'the home is there').to.equal(false);
}

/** Does it, and says where it failed. */
async function naming<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${where}\n${String(error)}`, { cause: error });
  }
}
