import { expect } from 'chai';
import { X509Certificate } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { Credentials } from '../../../src/kube/credentials.ts';
import { createKubeClient } from '../../../src/kube/http-client.ts';
import { RESOURCES, type KubeObject, type Secret } from '../../../src/protocol/kubernetes.ts';
import type { PolicyRule, Role, RoleBinding } from '../../../src/protocol/rbac.ts';
import { credentialsIn, send, startControlPlane, type RawAnswer, type TestControlPlane } from '../../helpers/control-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { needs } from '../../helpers/neighbour.ts';
import { startRealApiServer, type RealApiServer } from '../../helpers/real-apiserver.ts';

const WHO = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

describe('rights on the embedded API server', function () {
  this.timeout(90_000);
  let controlPlane: TestControlPlane;
  let kube: KubeClient;
  const clock = new ManualClock();

  before(async function () {
    needs(this, 'kubectl');
    controlPlane = await startControlPlane({ clock });
    kube = createKubeClient(controlPlane.credentials);
  });
  after(async () => {
    kube.close();
    await controlPlane.stop();
  });
  const kubectl = async (line: string, input?: string): Promise<string> => {
    const { status, stdout, stderr } = await controlPlane.kubectl(line.split(' '), input === undefined ? {} : { input });
    expect(status, `${line}\n${stderr}`).to.equal(0);
    return stdout;
  };
  let nobody: Credentials | undefined;
  const stranger = (): Credentials => (nobody ??= { server: controlPlane.url, ca: controlPlane.credentials.ca ?? '' });
  const bearing = (token: string, method = 'GET', path = '/api/v1/namespaces', body?: unknown): Promise<RawAnswer> =>
    send(stranger(), method, path, { headers: { authorization: `Bearer ${token}` }, ...(body !== undefined && { body }) });
  const rightsFor = (name: string, roleName: string, ...subjects: object[]): Promise<unknown> =>
    kube.create(RESOURCES.clusterRoleBinding, {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
      subjects,
    } as unknown as KubeObject);
  const adminToken = async (): Promise<string> =>
    (await readFile(join(dirname(controlPlane.kubeconfigPath), 'admin.token'), 'utf8')).trim();

  it('do not reach into another namespace by a continue token that nobody gave out', async () => {
    for (const name of ['own', 'other']) {
      await kube.create(RESOURCES.namespace, { metadata: { name } });
      await kube.create(RESOURCES.configMap, { metadata: { name: 'c', namespace: name } }, name);
    }
    await kube.create(
      RESOURCES.roleBinding,
      {
        metadata: { name: 'own', namespace: 'own' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
        subjects: [{ kind: 'User', name: 'owner', apiGroup: 'rbac.authorization.k8s.io' }],
      } as unknown as KubeObject,
      'own',
    );
    const owner = controlPlane.userCredentials('owner');
    const { code, body } = await send(owner, 'GET', '/api/v1/namespaces/own/configmaps');
    expect(code).to.equal(200);
    const { resourceVersion } = (body as { metadata: { resourceVersion: string } }).metadata;
    const position = { revision: Number(resourceVersion), namespace: 'other', name: '' };
    const path = `/api/v1/namespaces/own/configmaps?continue=${Buffer.from(JSON.stringify(position)).toString('base64url')}`;
    for (const method of ['GET', 'DELETE']) expect(await send(owner, method, path)).to.include({ code: 400 });
    expect((await kube.get(RESOURCES.configMap, 'c', 'other')).metadata.name).to.equal('c');
  });

  it('to update are none to create', async () => {
    await kube.create(RESOURCES.clusterRole, {
      metadata: { name: 'updater' },
      rules: [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'update'] }],
    } as unknown as KubeObject);
    await rightsFor('updater', 'updater', { kind: 'User', name: 'updater', apiGroup: 'rbac.authorization.k8s.io' });
    const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const lease = { metadata: { name: 'l' }, spec: {} };
    const updater = controlPlane.userCredentials('updater');
    expect(await send(updater, 'PUT', `${path}/l`, { body: lease })).to.include({ code: 403 });
    expect(await send(controlPlane.credentials, 'PUT', `${path}/l`, { body: lease })).to.include({ code: 201 });
    const { body } = await send(updater, 'GET', `${path}/l`);
    expect(await send(updater, 'PUT', `${path}/l`, { body: body as object })).to.include({ code: 200 });
  });

  describe('default roles and bindings', () => {
    let real: RealApiServer | undefined;
    before(async function () {
      needs(this, 'a Kubernetes API server', 'openssl');
      real = await startRealApiServer();
    });
    after(() => real?.stop());

    it("are the real server's, and what later ones added", async () => {
      const theirs = createKubeClient(await credentialsIn(real!.kubeconfigPath));
      const added: string[] = [];
      for (const resource of [RESOURCES.clusterRole, RESOURCES.clusterRoleBinding, RESOURCES.role, RESOURCES.roleBinding]) {
        const labelSelector = 'kubernetes.io/bootstrapping=rbac-defaults';
        const list = async (client: KubeClient): Promise<Role[]> => (await client.list<Role>(resource, { labelSelector })).items;
        const [expected, actual] = await Promise.all([theirs, kube].map(list));
        const key = ({ metadata: { namespace = '', name } }: KubeObject): string => `${namespace}/${name}`;
        expect(actual!.map(key)).to.have.members(expected!.map(key));
        for (const wanted of expected!) {
          const found = actual!.find((each) => key(each) === key(wanted))!;
          expect(shape(found), key(wanted)).to.deep.equal(shape(wanted));
          if (wanted.aggregationRule !== undefined) continue;
          const more = (found.rules ?? []).filter((rule) => !(wanted.rules ?? []).some((each) => same(each, rule)));
          added.push(...more.map((rule) => `${wanted.metadata.name}: ${JSON.stringify(rule.resources)}`));
          expect(found.rules ?? [], key(wanted)).to.deep.include.members([...(wanted.rules ?? [])]);
        }
      }
      expect(added).to.have.members(['system:aggregate-to-view: ["endpointslices"]', 'system:basic-user: ["selfsubjectreviews"]']);
      theirs.close();
    });

    it('are gathered from those that are labelled so', async () => {
      const rulesOf = async (name: string): Promise<readonly PolicyRule[]> =>
        (await kube.get<Role>(RESOURCES.clusterRole, name)).rules ?? [];
      const device: PolicyRule = { apiGroups: ['devices.kubeedge.io'], resources: ['devices'], verbs: ['get', 'list', 'watch'] };
      const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' };
      await eventually(async () => (await rulesOf('view')).length > 5, 'the rules of view');
      await kube.create(RESOURCES.clusterRole, { metadata: { name: 'devices:view', labels }, rules: [device] } as unknown as KubeObject);
      // Through edit and view to admin.
      await eventually(async () => (await rulesOf('admin')).some((rule) => same(rule, device)), 'the rules of admin');
      await kube.delete(RESOURCES.clusterRole, 'devices:view');
      await eventually(async () => !(await rulesOf('admin')).some((rule) => same(rule, device)), 'their end');
    });

    it('come back when the server starts, with what they lost, unless they say otherwise', async () => {
      const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
      await kube.delete(RESOURCES.clusterRole, 'system:kube-scheduler');
      await kube.patch(RESOURCES.clusterRole, { name: 'system:discovery' }, { rules: [] }, 'merge');
      await kube.patch(RESOURCES.clusterRole, { name: 'system:heapster' }, { metadata: { annotations }, rules: [] }, 'merge');
      await kube.patch(RESOURCES.clusterRoleBinding, { name: 'system:basic-user' }, { subjects: [{ kind: 'User', name: 'u' }] }, 'merge');
      await kube.delete(RESOURCES.clusterRoleBinding, 'system:discovery');
      await rightsFor('system:discovery', 'view', { kind: 'User', name: 'u' });
      await controlPlane.restart();
      const get = <T extends KubeObject>(resource: (typeof RESOURCES)[keyof typeof RESOURCES], name: string) => kube.get<T>(resource, name);
      expect((await get<Role>(RESOURCES.clusterRole, 'system:kube-scheduler')).rules).to.have.length.above(5);
      expect((await get<Role>(RESOURCES.clusterRole, 'system:discovery')).rules).not.to.deep.equal([]);
      expect((await get<Role>(RESOURCES.clusterRole, 'system:heapster')).rules).to.deep.equal([]);
      const { subjects } = await get<RoleBinding>(RESOURCES.clusterRoleBinding, 'system:basic-user');
      expect(subjects?.map(({ name }) => name)).to.deep.equal(['u', 'system:authenticated']);
      const { roleRef } = await get<RoleBinding>(RESOURCES.clusterRoleBinding, 'system:discovery');
      expect(roleRef.name).to.equal('system:discovery');
      expect((await send(controlPlane.userCredentials('bob'), 'GET', '/api')).code).to.equal(200);
    });
  });

  it('of a certificate end with it, though its connection goes on', async () => {
    const { cert = '', ...rest } = controlPlane.userCredentials('ann');
    const ann: Credentials = { cert, ...rest };
    expect((await send(ann, 'GET', '/api')).code).to.equal(200);
    const left = Date.parse(new X509Certificate(cert).validTo) - clock.now();
    clock.jump(left + 1);
    try {
      for (const path of ['/api', '/healthz']) expect((await send(ann, 'GET', path)).code, path).to.equal(401);
    } finally {
      clock.jump(-left - 1);
    }
    expect((await send(ann, 'GET', '/api')).code).to.equal(200);
  });

  describe('tokens', () => {
    const issue = async (account: string, spec: object = {}): Promise<string> =>
      (await kube.createToken(account, 'default', { spec: { audiences: [], ...spec } })).status?.token ?? '';
    before(async () => {
      await kube.create(RESOURCES.serviceAccount, { metadata: { name: 'bot' } }, 'default');
      await rightsFor('bots', 'view', { kind: 'ServiceAccount', name: 'bot', namespace: 'default' });
    });

    it('of an account let it do what its roles say', async () => {
      const token = await issue('bot');
      expect((await bearing(token)).code).to.equal(200);
      const { body } = await bearing(token, 'GET', '/api/v1/secrets');
      expect(body.message).to.contain('User "system:serviceaccount:default:bot" cannot list resource "secrets"');
      const who = await bearing(token, 'POST', WHO, {});
      const { uid = '' } = (await kube.get(RESOURCES.serviceAccount, 'bot', 'default')).metadata;
      expect(who.body.status.userInfo).to.deep.equal({
        username: 'system:serviceaccount:default:bot',
        uid,
        groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      });
    });

    it('of the administrator are in a file that nobody else can read', async () => {
      const path = join(dirname(controlPlane.kubeconfigPath), 'admin.token');
      expect((await stat(path)).mode & 0o777).to.equal(0o600);
      const { body } = await bearing(await adminToken(), 'POST', WHO, {});
      expect(body.status.userInfo).to.deep.equal({ username: 'kedge-admin', groups: ['system:masters', 'system:authenticated'] });
      await writeFile(path, 'short\n');
      await controlPlane.restart().then(
        () => expect.fail('a short token was taken'),
        (error: unknown) => expect(String(error)).to.contain('admin.token'),
      );
      await writeFile(path, `another-token-of-the-administrator\n`);
      await controlPlane.restart();
      expect((await bearing('another-token-of-the-administrator')).code).to.equal(200);
    });

    it('that are not good open nothing, whatever comes with them', async () => {
      const good = await issue('bot');
      const [head = '', payload = '', signature = ''] = good.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
      const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const raised = encoded({ ...claims, sub: 'system:serviceaccount:kube-system:default' });
      const doomed = await issue('bot');
      const wrong: Record<string, string> = {
        'another audience': await issue('bot', { audiences: ['vault'] }),
        'alg none': `${encoded({ alg: 'none' })}.${payload}.`,
        'alg none with its signature': `${encoded({ alg: 'none' })}.${payload}.${signature}`,
        'a symmetric key': `${encoded({ alg: 'HS256' })}.${payload}.${signature}`,
        'other claims': `${head}.${raised}.${signature}`,
        'no signature': `${head}.${payload}.`,
        'not a JWT': 'x',
        empty: '',
        'a part of the administrator’s': (await adminToken()).slice(0, -1),
        'more than the administrator’s': `${await adminToken()}x`,
        'of 12 KiB': 'x'.repeat(12 * 1024),
        '12 KiB of dots': '.'.repeat(12 * 1024),
      };
      const admin = controlPlane.credentials;
      for (const [what, token] of Object.entries(wrong)) {
        const headers = { authorization: `Bearer ${token}` };
        const { code, body } = await bearing(token);
        expect([code, body.kind, body.reason, body.message], what).to.deep.equal([401, 'Status', 'Unauthorized', 'Unauthorized']);
        // Not even what everybody may read, and not as somebody else.
        expect((await bearing(token, 'GET', '/healthz')).code, what).to.equal(401);
        expect((await send(admin, 'GET', '/api/v1/namespaces', { headers })).code, what).to.equal(401);
      }
      expect((await bearing(doomed)).code).to.equal(200);
      const twice = [`Bearer ${await adminToken()}`, `Bearer ${good}`] as unknown as string;
      expect((await send(stranger(), 'GET', '/api/v1/namespaces', { headers: { authorization: twice } })).code).to.equal(401);
      expect((await bearing('x'.repeat(64 * 1024))).code).to.equal(431);
      await kube.delete(RESOURCES.serviceAccount, 'bot', 'default');
      await kube.create(RESOURCES.serviceAccount, { metadata: { name: 'bot' } }, 'default');
      expect((await bearing(doomed)).code).to.equal(401);
      const next = await issue('bot', { expirationSeconds: 600 });
      expect((await bearing(next)).code).to.equal(200);
      clock.advance(601_000);
      expect((await bearing(next)).code).to.equal(401);
    });

    it('bound to a secret end with it', async () => {
      const secret = await kube.create<KubeObject>(RESOURCES.secret, { metadata: { name: 'ring' } }, 'default');
      const token = (await kubectl('create token bot --bound-object-kind Secret --bound-object-name ring')).trim();
      expect(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())['kubernetes.io'].secret).to.deep.equal({
        name: 'ring',
        uid: secret.metadata.uid,
      });
      expect((await bearing(token)).code).to.equal(200);
      await kube.delete(RESOURCES.secret, 'ring', 'default');
      expect((await bearing(token)).code).to.equal(401);
    });

    it('of a secret made for them do not end, but go with secret and account', async () => {
      const annotations = { 'kubernetes.io/service-account.name': 'bot' };
      const type = 'kubernetes.io/service-account-token';
      const held = async (name: string): Promise<Record<string, string>> => {
        await kube.create<Secret>(RESOURCES.secret, { metadata: { name, annotations }, type }, 'default');
        const secret = await eventually(async () => {
          const { data, metadata } = await kube.get<Secret>(RESOURCES.secret, name, 'default');
          return data?.['token'] === undefined ? undefined : { data, metadata };
        }, 'the token');
        return Object.fromEntries(Object.entries(secret.data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
      };
      const { token: first = '', 'ca.crt': ca, namespace } = await held('first');
      expect([ca, namespace]).to.deep.equal([controlPlane.credentials.ca, 'default']);
      clock.advance(2 * 3_600_000);
      expect((await bearing(first)).code).to.equal(200);
      await kube.delete(RESOURCES.secret, 'first', 'default');
      expect((await bearing(first)).code).to.equal(401);
      const { token: again = '' } = await held('first');
      expect((await bearing(again)).code).to.equal(200);
      await kube.patch(RESOURCES.secret, { name: 'first', namespace: 'default' }, { data: { token: btoa(`${again}x`) } }, 'merge');
      expect((await bearing(again)).code).to.equal(401);
      const { token: second = '' } = await held('second');
      await kube.delete(RESOURCES.serviceAccount, 'bot', 'default');
      expect((await bearing(second)).code).to.equal(401);
      const isGone = (): Promise<boolean> =>
        kube.get(RESOURCES.secret, 'second', 'default').then(
          () => false,
          () => true,
        );
      await eventually(isGone, 'the end of the secret');
      await kube.create(RESOURCES.serviceAccount, { metadata: { name: 'bot' } }, 'default');
    });

    it('that are guessed a thousand times cost nothing and bar nobody', async () => {
      const good = await issue('bot');
      const guesses = Array.from({ length: 1_000 }, (_, index) => `eyJhbGciOiJFUzI1NiJ9.e30.${String(index).padStart(86, 'A')}`);
      const codes = await Promise.all(guesses.map(async (token) => (await bearing(token)).code));
      expect(new Set(codes)).to.deep.equal(new Set([401]));
      expect((await bearing(good)).code).to.equal(200);
    });
  });

  it('are told and given by kubectl', async () => {
    await kubectl('create serviceaccount deployer');
    await kubectl('create role pods --verb=get,list --resource=pods,pods/status');
    await kubectl('create rolebinding pods --role=pods --serviceaccount=default:deployer');
    await kubectl('create clusterrole metrics --verb=get --non-resource-url=/metrics');
    await kubectl('create clusterrolebinding metrics --clusterrole=metrics --user=ann --group=dev');
    const as = '--as system:serviceaccount:default:deployer';
    expect(await kubectl(`auth can-i list pods ${as}`)).to.equal('yes\n');
    const no = await controlPlane.kubectl(`auth can-i delete pods ${as}`.split(' '));
    expect([no.status, no.stdout]).to.deep.equal([1, 'no\n']);
    expect(await kubectl('auth can-i get /metrics --as ann')).to.equal('yes\n');
    expect(await kubectl(`auth can-i --list ${as}`)).to.match(/^pods +\[\] +\[\] +\[get list\]$/m);
    expect(await kubectl('auth whoami --as ann --as-group dev -o yaml')).to.contain('username: ann');
    expect(await kubectl('get clusterrolebinding metrics -o wide')).to.match(/^metrics +ClusterRole\/metrics +\S+ +ann +dev/m);
    expect(await kubectl('describe rolebinding pods')).to.match(/ServiceAccount +deployer +default/);
    const wanted = [
      {
        kind: 'Role',
        metadata: { name: 'pods', namespace: 'default' },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['watch'] }],
      },
    ].map((object) => JSON.stringify({ apiVersion: 'rbac.authorization.k8s.io/v1', ...object }));
    expect(await kubectl('auth reconcile -f -', wanted.join('\n'))).to.contain('role.rbac.authorization.k8s.io/pods reconciled');
    expect(await kubectl(`auth can-i watch pods ${as}`)).to.equal('yes\n');
    const { stderr } = await controlPlane.kubectl(['create', 'role', 'x', '--verb=get', '--resource=secrets', '--as', 'ann']);
    expect(stderr).to.contain(
      'User "ann" cannot create resource "roles" in API group "rbac.authorization.k8s.io" in the namespace "default"',
    );
  });

  it('to impersonate are given one by one', async () => {
    const ian = controlPlane.userCredentials('ian');
    const asking = async (headers: Record<string, string | string[]>): Promise<RawAnswer> =>
      send(ian, 'POST', WHO, { body: {}, headers: headers as Record<string, string> });
    const names = async (...resourceNames: string[]): Promise<void> => {
      const rules = [
        { apiGroups: [''], resources: ['users', 'groups'], verbs: ['impersonate'], resourceNames },
        { apiGroups: ['authentication.k8s.io'], resources: ['userextras/scope', 'uids'], verbs: ['impersonate'], resourceNames },
        { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'], resourceNames },
      ];
      await kube.patch(RESOURCES.clusterRole, { name: 'mask' }, { rules }, 'merge');
    };
    await kube.create(RESOURCES.clusterRole, { metadata: { name: 'mask' } });
    await rightsFor('mask', 'mask', { kind: 'User', name: 'ian' });
    await names('jo', 'dev', 'view', '7', 'bot');
    const all = { 'impersonate-user': 'jo', 'impersonate-group': 'dev', 'impersonate-extra-scope': 'view', 'impersonate-uid': '7' };
    expect((await asking(all)).body.status.userInfo).to.deep.equal({
      username: 'jo',
      uid: '7',
      groups: ['dev', 'system:authenticated'],
      extra: { scope: ['view'] },
    });
    expect((await asking({ 'impersonate-user': 'system:serviceaccount:default:bot' })).body.status.userInfo.groups).to.deep.equal([
      'system:serviceaccounts',
      'system:serviceaccounts:default',
      'system:authenticated',
    ]);
    const refused: [object, string][] = [
      [{ 'impersonate-user': 'kim' }, 'users "kim" is forbidden: User "ian" cannot impersonate resource "users" in API group ""'],
      [{ 'impersonate-user': 'system:serviceaccount:default:boss' }, 'serviceaccounts "boss" is forbidden'],
      [{ ...all, 'impersonate-group': 'system:masters' }, 'groups "system:masters" is forbidden'],
      [{ ...all, 'impersonate-group': ['dev', 'system:masters'] }, 'groups "system:masters" is forbidden'],
      [{ ...all, 'impersonate-uid': '8' }, 'uids.authentication.k8s.io "8" is forbidden'],
      [{ ...all, 'impersonate-extra-scope': 'edit' }, 'userextras.authentication.k8s.io "edit" is forbidden'],
      [{ ...all, 'impersonate-extra-other': 'view' }, 'cannot impersonate resource "userextras/other"'],
    ];
    for (const [headers, text] of refused) {
      const { code, body } = await asking(headers as Record<string, string>);
      expect([code, body.reason], text).to.deep.equal([403, 'Forbidden']);
      expect(body.message).to.contain(text);
    }
    expect((await asking({ 'impersonate-group': 'dev' })).code).to.equal(400);
    const unknown = await send(stranger(), 'GET', '/version', { headers: { 'impersonate-user': 'jo' } });
    expect(unknown.body.message).to.contain('User "system:anonymous" cannot impersonate');
  });
});

function shape({ metadata: { labels, annotations }, aggregationRule, ...rest }: Role): object {
  const { roleRef, subjects } = rest as Partial<RoleBinding>;
  return { labels, annotations, aggregationRule, roleRef, subjects };
}

function same(a: PolicyRule, b: PolicyRule): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}
