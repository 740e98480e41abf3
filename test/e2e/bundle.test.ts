import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Installation } from '../helpers/installation.ts';

interface Output {
  readonly entryPoint?: string;
  readonly inputs: Record<string, unknown>;
  readonly imports: readonly { path: string; kind: string; external?: boolean }[];
}
type Outputs = Record<string, Output>;

function outputsOf(build: 'commands' | 'daemons'): Outputs {
  const path = fileURLToPath(new URL(`../../dist/meta/${build}.json`, import.meta.url));
  return (JSON.parse(readFileSync(path, 'utf8')) as { outputs: Outputs }).outputs;
}

/** Sources and packages that an output loads at once; what it may load later does not count. */
function loaded(outputs: Outputs, name: string, seen = new Set<string>()): string[] {
  const output = outputs[name];
  if (output === undefined || seen.has(name)) return [];
  seen.add(name);
  const statements = output.imports.filter(({ kind }) => kind === 'import-statement' || kind === 'require-call');
  const outside = statements.filter(({ external }) => external).map(({ path }) => path);
  return [...Object.keys(output.inputs), ...outside, ...statements.flatMap(({ path }) => loaded(outputs, path, seen))];
}

function outputWith(outputs: Outputs, source: string): string {
  const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === source);
  if (found === undefined) throw new Error(`${source} is not an entry of its own`);
  return found[0];
}

describe('the built package', () => {
  it('has a cloud that tells its metrics', async function () {
    this.timeout(60_000);
    const installation = await Installation.create({ join: false });
    try {
      const text = await installation.kube.raw('/metrics');
      expect(text)
        .to.match(/^apiserver_request_total\{/m)
        .and.match(/^process_start_time_seconds \d+/m);
    } finally {
      await installation.remove();
    }
  });

  it('gives the edge daemon nothing of the cloud, of oclif or of the Kubernetes client', () => {
    const daemons = outputsOf('daemons');
    const edge = [
      ...loaded(daemons, outputWith(daemons, 'src/daemons/edge.ts')),
      ...loaded(daemons, outputWith(daemons, 'src/daemons/launch.ts')),
    ];
    expect(edge).to.include('src/daemons/edge/edgehub/edge-hub.ts');
    for (const absent of [
      /oclif/,
      /client-node/,
      /daemons\/(cloud|controlplane)\//,
      /\/ajv\//,
      /node-forge/,
      /node_modules\/mqtt\//,
      /inquirer/,
    ]) {
      expect(
        edge.filter((source) => absent.test(source)),
        String(absent),
      ).to.deep.equal([]);
    }
  });

  it('loads heavy libraries only in the commands that use them', () => {
    const commands = outputsOf('commands');
    const entries = Object.keys(commands).filter((name) => commands[name]?.entryPoint?.startsWith('src/commands/'));
    expect(entries).to.have.length.greaterThan(20);
    for (const entry of entries) {
      const heavy = loaded(commands, entry).filter((source) =>
        /client-node|better-sqlite3|node_modules\/(mqtt|inquirer|execa|aedes|ajv|node-forge)\//.test(source),
      );
      expect(heavy, entry).to.deep.equal([]);
    }
  });

  it('ships the licence of every package that went into it', () => {
    const licenses = readFileSync(fileURLToPath(new URL('../../dist/THIRD_PARTY_LICENSES', import.meta.url)), 'utf8');
    const inputs = [outputsOf('commands'), outputsOf('daemons')].flatMap((outputs) => Object.values(outputs));
    const files = new Set(inputs.flatMap((output) => Object.keys(output.inputs)));
    const names = new Set([...files].flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []));
    expect(names.size).to.be.greaterThan(50);
    expect([...names].filter((name) => !new RegExp(`^${name} [^ ]+ \\(.+\\)$`, 'm').test(licenses))).to.deep.equal([]);
  });
});
