import { expect } from 'chai';
import type { Credentials } from '../../../src/kube/credentials.ts';
import type { KubeObject } from '../../../src/protocol/kubernetes.ts';
import { credentialsIn, send, startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { needs } from '../../helpers/neighbour.ts';
import { startRealApiServer, type RealApiServer } from '../../helpers/real-apiserver.ts';

/** What is left in the end: each object with its owners and, when it is being deleted, `…` and its finalizers. */
type State = Readonly<Record<string, string>>;

const MERGE = { 'content-type': 'application/merge-patch+json' };

/** One server, and a namespace in it that holds ConfigMaps. */
class Stage {
  readonly #credentials: Credentials;
  readonly namespace: string;
  readonly #uids = new Map<string, string>();

  constructor(credentials: Credentials, namespace: string) {
    this.#credentials = credentials;
    this.namespace = namespace;
  }

  path(name = ''): string {
    return `/api/v1/namespaces/${this.namespace}/configmaps${name === '' ? '' : `/${name}`}`;
  }

  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<KubeObject & { items?: KubeObject[] }> {
    const { code, text, body: answer } = await send(this.#credentials, method, path, { body, ...(headers && { headers }) });
    expect(code, `${method} ${path}: ${text}`).to.be.lessThan(300);
    return answer as KubeObject;
  }

  /** Makes ConfigMaps: name → owners. `!` after an owner's name lets it block the owner's deletion. */
  async make(owned: Readonly<Record<string, readonly string[]>>, finalizers: readonly string[] = []): Promise<void> {
    for (const [name, owners] of Object.entries(owned)) {
      const metadata = { name, ownerReferences: owners.map((owner) => this.reference(owner)), finalizers };
      this.#uids.set(name, (await this.ask('POST', this.path(), { metadata })).metadata.uid ?? '');
    }
  }

  reference(owner: string) {
    const name = owner.replace('!', '');
    const uid = this.#uids.get(name) ?? '00000000-0000-4000-8000-000000000000';
    return { apiVersion: 'v1', kind: 'ConfigMap', name, uid, blockOwnerDeletion: owner.endsWith('!') };
  }

  own(name: string, owners: readonly string[]): Promise<unknown> {
    return this.ask('PATCH', this.path(name), { metadata: { ownerReferences: owners.map((owner) => this.reference(owner)) } }, MERGE);
  }

  delete(name: string, options: object = {}): Promise<unknown> {
    return this.ask('DELETE', this.path(name), options);
  }

  async state(): Promise<State> {
    const { items = [] } = await this.ask('GET', this.path());
    const shown = items
      .filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
      .map(({ metadata }) => {
        const owners = (metadata.ownerReferences ?? []).map(({ name }) => name).join(' ');
        return [metadata.name, metadata.deletionTimestamp === undefined ? owners : `${owners}… ${(metadata.finalizers ?? []).join(' ')}`];
      });
    return Object.fromEntries(shown) as State;
  }

  async comesTo(expected: State): Promise<void> {
    let last: State = {};
    await eventually(
      async () => {
        last = await this.state();
        return JSON.stringify(last) === JSON.stringify(expected);
      },
      'the end state',
      30_000,
    ).catch(() => expect(last).to.deep.equal(expected));
  }

  /** The collector has looked at everything that was there before: what was made after it and has lost its owner is gone. */
  async looked(): Promise<void> {
    await this.make({ zz: ['gone'] });
    await eventually(async () => !('zz' in (await this.state())), 'the end of what has no owner', 30_000);
  }
}

const HOLD = 'example.org/hold';

const SCENARIOS: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  'dependents go after their owner': async (stage) => {
    await stage.make({ a: [], b: ['a'], c: ['b'], d: [] });
    await stage.delete('a');
    await stage.comesTo({ d: '' });
  },
  'dependents are left, without their owner': async (stage) => {
    await stage.make({ a: [], b: ['a'], c: ['b'] });
    await stage.delete('a', { propagationPolicy: 'Orphan' });
    await stage.comesTo({ b: '', c: 'b' });
  },
  'orphanDependents says the same': async (stage) => {
    await stage.make({ a: [], b: ['a'] });
    await stage.delete('a', { orphanDependents: true });
    await stage.comesTo({ b: '' });
  },
  'an owner waits for those that block it': async (stage) => {
    await stage.make({ a: [] });
    await stage.make({ b: ['a!'] }, [HOLD]);
    await stage.delete('a', { propagationPolicy: 'Foreground' });
    await stage.comesTo({ a: '… foregroundDeletion', b: `a… ${HOLD}` });
    await stage.ask('PATCH', stage.path('b'), { metadata: { finalizers: null } }, MERGE);
    await stage.comesTo({});
  },
  'an owner does not wait for others': async (stage) => {
    await stage.make({ a: [] });
    await stage.make({ b: ['a'] }, [HOLD]);
    await stage.delete('a', { propagationPolicy: 'Foreground' });
    await stage.comesTo({ b: `a… ${HOLD}` });
    await stage.ask('PATCH', stage.path('b'), { metadata: { finalizers: null } }, MERGE);
    await stage.comesTo({});
  },
  'an owner does not wait for what has forgotten it': async (stage) => {
    await stage.make({ a: [] });
    await stage.make({ b: ['a!'] }, [HOLD]);
    await stage.delete('a', { propagationPolicy: 'Foreground' });
    await stage.comesTo({ a: '… foregroundDeletion', b: `a… ${HOLD}` });
    await stage.ask('PATCH', stage.path('b'), { metadata: { ownerReferences: null } }, MERGE);
    await stage.comesTo({ b: `… ${HOLD}` });
    await stage.ask('PATCH', stage.path('b'), { metadata: { finalizers: null } }, MERGE);
  },
  'what was to go first is left after all': async (stage) => {
    await stage.make({ a: [] });
    await stage.make({ b: ['a!'] }, [HOLD]);
    await stage.delete('a', { propagationPolicy: 'Foreground' });
    await stage.comesTo({ a: '… foregroundDeletion', b: `a… ${HOLD}` });
    await stage.delete('a', { propagationPolicy: 'Orphan' });
    await stage.comesTo({ b: `… ${HOLD}` });
    await stage.ask('PATCH', stage.path('b'), { metadata: { finalizers: null } }, MERGE);
  },
  'whoever has another owner stays': async (stage) => {
    await stage.make({ a: [], b: [], c: ['a', 'b'] });
    await stage.delete('a');
    await stage.comesTo({ b: '', c: 'b' });
    await stage.delete('b');
    await stage.comesTo({});
  },
  'a chain goes from its end': async (stage) => {
    await stage.make({ a: [], b: ['a!'], c: ['b!'] });
    await stage.make({ d: ['c!'] }, [HOLD]);
    await stage.delete('a', { propagationPolicy: 'Foreground' });
    await stage.comesTo({
      a: '… foregroundDeletion',
      b: 'a… foregroundDeletion',
      c: 'b… foregroundDeletion',
      d: `c… ${HOLD}`,
    });
    await stage.ask('PATCH', stage.path('d'), { metadata: { finalizers: null } }, MERGE);
    await stage.comesTo({});
  },
  'two that own each other': async (stage) => {
    await stage.make({ a: [], b: ['a!'] });
    await stage.own('a', ['b!']);
    await stage.delete('a', { propagationPolicy: 'Foreground' });
    await stage.comesTo({});
  },
  'three that own each other': async (stage) => {
    await stage.make({ a: [], b: ['a!'], c: ['b!'] });
    await stage.own('a', ['c!']);
    await stage.delete('a', { propagationPolicy: 'Foreground' });
    await stage.comesTo({});
  },
  'an owner that never was': async (stage) => {
    await stage.make({ a: ['gone'] });
    await stage.comesTo({});
  },
  'an owner of the same name that is another one': async (stage) => {
    await stage.make({ a: [] });
    const ownerReferences = [{ ...stage.reference('a'), uid: '11111111-1111-4111-8111-111111111111' }];
    await stage.ask('POST', stage.path(), { metadata: { name: 'b', ownerReferences } });
    await stage.comesTo({ a: '' });
  },
  'an owner of a kind that nobody knows': async (stage) => {
    const ownerReferences = [{ apiVersion: 'example.org/v1', kind: 'Unknown', name: 'x', uid: '22222222-2222-4222-8222-222222222222' }];
    await stage.ask('POST', stage.path(), { metadata: { name: 'b', ownerReferences } });
    await stage.looked();
    expect(await stage.state()).to.deep.equal({ b: 'x' });
  },
  'an owner in another namespace is none': async (stage) => {
    await stage.make({ a: [] });
    const metadata = { name: 'b', ownerReferences: [stage.reference('a')] };
    await stage.ask('POST', '/api/v1/namespaces/default/secrets', { metadata });
    await eventually(async () => {
      const { items = [] } = await stage.ask('GET', '/api/v1/namespaces/default/secrets');
      return items.every(({ metadata: { name } }) => name !== 'b');
    }, 'the end of what has its owner elsewhere');
    await stage.comesTo({ a: '' });
  },
  'what lives in no namespace has no owner that does': async (stage) => {
    await stage.make({ a: [] });
    const metadata = { name: `pv-${stage.namespace}`, ownerReferences: [stage.reference('a')] };
    const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } };
    await stage.ask('POST', '/api/v1/persistentvolumes', { metadata, spec });
    await stage.delete('a');
    await stage.looked();
    expect((await stage.ask('GET', `/api/v1/persistentvolumes/${metadata.name}`)).metadata).to.not.have.property('deletionTimestamp');
    await stage.ask('DELETE', `/api/v1/persistentvolumes/${metadata.name}`);
  },
  'a node takes what it owns along': async (stage) => {
    const name = `node-${stage.namespace}`;
    const { metadata } = await stage.ask('POST', '/api/v1/nodes', { metadata: { name } });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid: metadata.uid }];
    await stage.ask('POST', stage.path(), { metadata: { name: 'b', ownerReferences } });
    await stage.ask('DELETE', `/api/v1/nodes/${name}`);
    await stage.comesTo({});
  },
};

describe('the garbage collector', function () {
  this.timeout(120_000);
  let real: RealApiServer | undefined;
  let embedded: TestControlPlane;

  before(async function () {
    needs(this, 'a Kubernetes API server', 'openssl');
    real = await startRealApiServer(['garbagecollector']);
    embedded = await startControlPlane();
  });
  after(async () => {
    await real?.stop();
    await embedded.stop();
  });

  for (const [index, [name, play]] of Object.entries(SCENARIOS).entries()) {
    it(`${name}, as at a real control plane`, async () => {
      for (const credentials of [embedded.credentials, await credentialsIn(real!.kubeconfigPath)]) {
        const stage = new Stage(credentials, `gc-${index}`);
        await stage.ask('POST', '/api/v1/namespaces', { metadata: { name: stage.namespace } });
        await play(stage);
      }
    });
  }

  it('goes on after a restart, with what nobody finished', async () => {
    const stage = new Stage(embedded.credentials, 'gc-restart');
    await stage.ask('POST', '/api/v1/namespaces', { metadata: { name: stage.namespace } });
    await stage.make({ a: [] });
    await stage.make({ b: ['a!'] }, [HOLD]);
    await stage.make({ c: ['b!'] }, [HOLD]);
    await stage.delete('a', { propagationPolicy: 'Foreground' });
    await stage.comesTo({ a: '… foregroundDeletion', b: `a… ${HOLD} foregroundDeletion`, c: `b… ${HOLD}` });
    await embedded.restart();
    for (const name of ['c', 'b']) await stage.ask('PATCH', stage.path(name), { metadata: { finalizers: null } }, MERGE);
    await stage.comesTo({});
  });

  it("waits with kubectl for what is to go first, and takes kubectl's dry run for one", async () => {
    const stage = new Stage(embedded.credentials, 'gc-kubectl');
    await stage.ask('POST', '/api/v1/namespaces', { metadata: { name: stage.namespace } });
    await stage.make({ a: [], b: ['a!'] });
    const kubectl = async (line: string): Promise<string> => {
      const { status, stdout, stderr } = await embedded.kubectl(`${line} -n ${stage.namespace}`.split(' '));
      expect(status, stderr).to.equal(0);
      return stdout;
    };
    await kubectl('delete cm a --dry-run=server');
    expect(await stage.state()).to.deep.equal({ a: '', b: 'a' });
    await kubectl('delete cm a --cascade=foreground');
    expect(await stage.state()).to.deep.equal({});
    await stage.make({ a: [], b: ['a'] });
    await kubectl('delete cm a --cascade=orphan');
    expect(await stage.state()).to.deep.equal({ b: '' });
  });
});
