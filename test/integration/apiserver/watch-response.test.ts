import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createContext, type ApiContext, type Target } from '../../../src/daemons/controlplane/apiserver/api-context.ts';
import { BUILTIN_RESOURCES } from '../../../src/daemons/controlplane/apiserver/builtin-resources.ts';
import { writeWatch } from '../../../src/daemons/controlplane/apiserver/http/watch-response.ts';
import { ObjectWatch } from '../../../src/daemons/controlplane/apiserver/object-watch.ts';
import { Registry } from '../../../src/daemons/controlplane/apiserver/registry.ts';
import type { ServedResource } from '../../../src/daemons/controlplane/apiserver/served-resource.ts';
import { silentLogger } from '../../../src/kernel/log.ts';
import { controlPlaneMigrations } from '../../../src/store/controlplane-schema.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { KubeObjectStore } from '../../../src/store/kube-objects.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { createKeyPem } from '../../../src/pki/key-pair.ts';
import { ServiceAccountKey } from '../../../src/pki/service-account-token.ts';

const TIMEOUT_MS = 5_000;

describe('a watch in its HTTP response', () => {
  let dir: string;
  let clock: ManualClock;
  let context: ApiContext;
  let server: Server;
  let entry: ServedResource;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'kedge-watch-'));
    clock = new ManualClock();
    const store = new KubeObjectStore(openDatabase(join(dir, 'data.db'), controlPlaneMigrations));
    context = createContext({ store, registry: new Registry(BUILTIN_RESOURCES), clock, tokenKey: new ServiceAccountKey(createKeyPem()) });
    entry = context.registry.find('', 'v1', 'configmaps')!;
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.close();
    context.store.close();
    rmSync(dir, { recursive: true });
  });

  /** Opens a watch whose rows are made by `served`. */
  const open = async (served: ServedResource = entry): Promise<IncomingMessage> => {
    const target: Target = { entry: served, namespace: '', name: '', subresource: '' };
    server.once('request', (_, response) => {
      const shaping = {
        entry: served,
        as: served === entry ? undefined : ('Table' as const),
        includeObject: 'None' as const,
        now: new Date(),
      };
      const watch = new ObjectWatch(context, target, {});
      writeWatch(response, watch, { clock, log: silentLogger, shaping, bookmarks: true, timeoutMs: TIMEOUT_MS, signal: new AbortController().signal, observer: { sent: () => undefined, cutOff: () => undefined } }); // prettier-ignore
    });
    const request = get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response.setEncoding('utf8');
  };
  const write = (name: string) =>
    context.store.write((writer) =>
      writer.put({ resource: 'configmaps', namespace: 'n', name }, { metadata: { name, namespace: 'n', labels: { name } } }),
    );

  it('writes nothing behind its end', async () => {
    // The end comes between a change and its delivery, as it does to a reader who is slow.
    context.store.subscribe('configmaps', ({ name }) => name === 'late' && clock.advance(TIMEOUT_MS));
    const response = await open();
    let text = '';
    response.on('data', (chunk: string) => (text += chunk));
    await write('early');
    await write('late');
    await once(response, 'end');
    clock.advance(60_000);
    const events = text.trim().split('\n').map((line) => JSON.parse(line) as { type: string }); // prettier-ignore
    expect(events.map(({ type }) => type)).to.deep.equal(['ADDED', 'BOOKMARK']);
  });

  it('that cannot show a change ends alone; the write and other watches are not hurt', async () => {
    const broken = await open({
      ...entry,
      get printerColumns(): never {
        throw new Error('no columns');
      },
    });
    const seen: string[] = [];
    context.store.subscribe('configmaps', ({ name }) => seen.push(name));
    const closed = new Promise((resolve) => broken.once('close', resolve));
    broken.on('error', () => undefined).resume();
    expect((await write('a')).metadata.resourceVersion).to.equal('1');
    await closed;
    expect(seen).to.deep.equal(['a']);
  });
});
