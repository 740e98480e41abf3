import { expect } from 'chai';
import * as v from 'valibot';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig, saveConfig } from '../../src/config/load-config.ts';
import { splitToken } from '../../src/pki/join-token.ts';
import type { Secret } from '../../src/protocol/kubernetes.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import { createKubeClient } from '../../src/kube/http-client.ts';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import { kedge, temporaryFolder } from '../helpers/kedge.ts';
import type { Ran } from '../helpers/kedge.ts';
import { commandLines } from '../helpers/process-list.ts';

const PASSWORD = 'correct-horse-battery-staple';
const anyConfig = v.looseObject({});

/** The command lines of all processes, looked at again and again until it is stopped. */
class Watcher {
  readonly seen = new Set<string>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor() {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const line of commandLines()) this.seen.add(line);
      await sleep(10);
    }
  }
}

describe('secrets of a cloud and an edge that log everything', function () {
  this.timeout(120_000);
  let home: string;
  let remove: () => Promise<void>;
  let watcher: Watcher;
  /** What commands have printed, but for those whose result is a token. */
  const printed: string[] = [];
  const secrets = new Map<string, string>();

  const run = async (line: string, input?: string): Promise<Ran> => {
    const ran = await kedge(line.split(' '), { home, env: { KEDGE_DEBUG: '1' }, ...(input !== undefined && { input }) });
    printed.push(ran.stderr);
    if (!/^(init|token create)/.test(line)) printed.push(ran.stdout);
    return ran;
  };
  const ok = async (line: string, input?: string): Promise<Ran> => {
    const ran = await run(line, input);
    expect(ran.status, `${line}: ${ran.stderr}`).to.equal(0);
    return ran;
  };
  const logEverything = async (role: 'cloud' | 'edge'): Promise<void> => {
    const path = join(home, role, 'config.yaml');
    await saveConfig(path, { ...loadConfig(path, anyConfig), log: { level: 'debug' } });
    await ok(`restart ${role}`);
  };
  const newToken = async (what: string, flags = ''): Promise<{ id: string; token: string }> => {
    const { stdout } = await ok(`token create -o json${flags}`);
    const created = JSON.parse(stdout) as { id: string; token: string };
    secrets.set(what, splitToken(created.token).jwt.split('.')[2]!);
    return created;
  };
  /** Of every key, and of the administrator's token, that lies in the home now; those of before a renewal stay known. */
  const learnKeys = async (when: string): Promise<void> => {
    for (const role of ['cloud', 'edge']) {
      const dir = join(home, role, 'pki');
      for (const name of await readdir(dir)) {
        if (!/\.(key|token)$/.test(name)) continue;
        const lines = (await readFile(join(dir, name), 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('-'));
        secrets.set(`${role}/pki/${name} ${when}`, lines[1] ?? lines[0]!);
      }
    }
  };

  before(async () => {
    ({ path: home, remove } = await temporaryFolder());
    watcher = new Watcher();
    const ports = '--websocket-port 0 --https-port 0 --api-port 0';
    const { stdout } = await ok(`init cloud --no-service --advertise-address 127.0.0.1 ${ports} -o json`);
    const made = JSON.parse(stdout) as { token: string };
    secrets.set('the token of init', splitToken(made.token).jwt.split('.')[2]!);
    await logEverything('cloud');
    const { modules } = JSON.parse((await ok('status cloud -o json')).stdout) as { modules: { name: string; facts?: { port?: number } }[] };
    const cloud = `127.0.0.1:${modules.find(({ name }) => name === 'cloudhub-https')!.facts!.port!}`;
    const flags = `--cloud ${cloud} --no-service --runtime none --mqtt-port 0`;

    const revoked = await newToken('a revoked token');
    await ok(`token revoke ${revoked.id}`);
    const bound = await newToken('a token of another node', ' --node edge-2');
    const good = await newToken('the token of the edge', ' --uses 1');
    const cut = `${good.token.slice(0, -4)}AAAA`;
    secrets.set('a token that was not copied whole', splitToken(cut).jwt.split('.')[2]!);
    for (const bad of [revoked.token, bound.token, cut]) {
      expect((await run(`join edge ${flags} --node-name edge-1 --token-file -`, bad)).status).to.equal(4);
    }
    // As an argument it is visible in the command itself; in nothing that the command starts.
    await ok(`join edge ${flags} --node-name edge-1 --token ${good.token}`);
    await logEverything('edge');
    await learnKeys('at first');
    await ok('mqtt user add app --password-file -', PASSWORD);
    secrets.set('the password of an MQTT user', PASSWORD);
    await ok('cert renew');
    await learnKeys('after the renewal');
    const kube = createKubeClient(await loadCredentials(join(home, 'cloud', 'admin.kubeconfig')));
    const secret = await kube.get<Secret>(RESOURCES.secret, 'tokensecret', 'kubeedge');
    secrets.set("KubeEdge's token", splitToken(Buffer.from(secret.data!['tokendata']!, 'base64').toString()).jwt.split('.')[2]!);
    kube.close();
  });
  after(async () => {
    await watcher.stop();
    for (const role of ['edge', 'cloud']) await kedge(['stop', role], { home });
    await remove();
  });

  const expectNone = (what: string, text: string): void => {
    for (const [name, secret] of secrets) expect(text.includes(secret), `${what} holds ${name}`).to.equal(false);
  };

  it('are all known to this test', () => {
    expect(secrets.size).to.be.greaterThan(16);
    for (const [name, secret] of secrets) expect(secret.length, name).to.be.greaterThan(24);
  });

  it('stand in no log, and the logs tell everything else', async () => {
    for (const role of ['cloud', 'edge']) {
      const names = (await readdir(join(home, role))).filter((name) => name.startsWith('log'));
      const text = (await Promise.all(names.map((name) => readFile(join(home, role, name), 'utf8')))).join('');
      expect(text, role).to.contain(role === 'cloud' ? '"level":"debug"' : '"level":"info"');
      expectNone(`the log of the ${role}`, text);
    }
  });

  it('stand in no configuration', async () => {
    for (const role of ['cloud', 'edge']) expectNone(`${role}/config.yaml`, await readFile(join(home, role, 'config.yaml'), 'utf8'));
  });

  it('are printed by no command, but where a token is the result', () => expectNone('what commands print', printed.join('\n')));

  it('stand in no command line, but of a command to which one was given', async () => {
    const given = [...watcher.seen].filter((line) => line.includes(' join edge ') && line.includes(' --token '));
    expect(given, 'the watcher has seen the command').to.have.length.greaterThan(0);
    expectNone('a command line', [...watcher.seen].filter((line) => !given.includes(line)).join('\n'));
  });

  it('stand in no environment of a daemon', async () => {
    for (const role of ['cloud', 'edge']) {
      const pid = Number.parseInt(await readFile(join(home, role, 'daemon.pid'), 'utf8'), 10);
      expectNone(`the environment of the ${role}`, await readFile(`/proc/${pid}/environ`, 'utf8'));
    }
  });
});
