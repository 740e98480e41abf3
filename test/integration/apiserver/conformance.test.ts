import { expect } from 'chai';
import { credentialsIn, send, startControlPlane, type RawAnswer, type TestControlPlane } from '../../helpers/control-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { needs } from '../../helpers/neighbour.ts';
import { startRealApiServer, type RealApiServer } from '../../helpers/real-apiserver.ts';
import type { KubeList, KubeObject, Status } from '../../../src/protocol/kubernetes.ts';
import type { Credentials } from '../../../src/kube/credentials.ts';
import { APPLY_STEPS } from './same-answers-apply.ts';
import { DEFINITION_STEPS } from './same-answers-definitions.ts';
import { EVENT_STEPS } from './same-answers-events.ts';
import { NODE_STEPS } from './same-answers-nodes.ts';
import { POD_STEPS } from './same-answers-pods.ts';
import { POLICY_STEPS } from './same-answers-policy.ts';
import { QUERY_STEPS } from './same-answers-queries.ts';
import { SERVICE_STEPS } from './same-answers-services.ts';
import { SIGNER_STEPS } from './same-answers-signers.ts';
import { SUBRESOURCE_STEPS } from './same-answers-subresources.ts';
import { VERSION_STEPS } from './same-answers-versions.ts';
import { WORKLOAD_STEPS } from './same-answers-workloads.ts';
import { NODE_RIGHTS_STEPS, RIGHTS_STEPS } from './same-answers-rights.ts';
import { STEPS, type Step } from './same-answers.ts';

describe('the embedded API server answers like the real one', function () {
  this.timeout(90_000);
  let real: RealApiServer | undefined;
  let embedded: TestControlPlane | undefined;

  before(async function () {
    needs(this, 'a Kubernetes API server', 'openssl');
    real = await startRealApiServer();
    embedded = await startControlPlane();
  });
  after(async () => {
    await real?.stop();
    await embedded?.stop();
  });

  for (const [about, steps] of [
    ['objects of every kind', STEPS],
    ['volumes, certificates and tokens', NODE_STEPS],
    ['pods, good and bad', POD_STEPS],
    ['what runs pods', WORKLOAD_STEPS],
    ['queries and bodies', QUERY_STEPS],
    ['services and endpoints', SERVICE_STEPS],
    ['priorities and disruptions', POLICY_STEPS],
    ['roles and rights', RIGHTS_STEPS],
    ['who decides for signers', SIGNER_STEPS],
    ['what nodes may', NODE_RIGHTS_STEPS],
    ['events in both forms', EVENT_STEPS],
    ['a kind in two versions', VERSION_STEPS],
    ['scale, bindings, evictions and nodes', SUBRESOURCE_STEPS],
  ] as const) {
    it(`to the same requests about ${about}`, () => compare(steps, shown));
  }
  it('to the same requests about server-side apply, managedFields included', () =>
    compare(APPLY_STEPS, (answer, step) => `${shown(answer, step)} ${step.otherManagers === undefined ? managers(answer) : ''}`));

  it('to the same requests about schemas of definitions, but for when names are accepted', () =>
    compare(DEFINITION_STEPS, (answer, step) => shown({ ...answer, body: { ...answer.body, status: undefined } }, step)));

  it('to those who ask for its health', async () => {
    const theirs = await credentialsIn(real!.kubeconfigPath);
    const excluded = '?exclude=etcd&exclude=unknown&verbose';
    for (const path of ['/healthz', '/livez?verbose', '/readyz?verbose', `/readyz${excluded}`, `/livez${excluded}`, '/readyz?exclude=no']) {
      const [expected, actual] = [await send(theirs, 'GET', path), await send(embedded!.credentials, 'GET', path)];
      const shared = new Set(actual.text.split('\n'));
      // What is only at this server, and at newer ones.
      shared.delete('[+]etcd-readiness ok');
      expect(
        expected.text.split('\n').filter((line) => shared.has(line)),
        path,
      ).to.deep.equal([...shared]);
      for (const header of ['content-type', 'x-content-type-options', 'cache-control']) {
        expect(actual.headers[header], `${path} ${header}`).to.equal(expected.headers[header]);
      }
    }
    for (const path of [
      '/healthz/ping',
      '/livez/ping',
      '/readyz/ping?verbose',
      '/readyz/shutdown',
      '/livez/shutdown',
      '/readyz/no',
      '/livez/',
    ]) {
      const [expected, actual] = [await send(theirs, 'GET', path), await send(embedded!.credentials, 'GET', path)];
      expect(actual.code, path).to.equal(expected.code);
      if (expected.code === 200) expect(actual.text).to.equal(expected.text);
    }
  });

  it('to those who verify tokens themselves (OpenID Connect discovery)', async () => {
    const theirs = await credentialsIn(real!.kubeconfigPath);
    for (const path of ['/.well-known/openid-configuration', '/openid/v1/jwks', '/openid/v1/jwks/']) {
      const [expected, actual] = [await send(theirs, 'GET', path), await send(embedded!.credentials, 'GET', path)];
      const shape = ({ code, body, headers }: RawAnswer, { server }: Credentials): string => {
        const keys = (body.keys as Record<string, string>[] | undefined)?.map((key) => ({ ...key, kid: key['kid']?.length, x: '', y: '' }));
        const rest = { ...body, ...(keys && { keys }) };
        return JSON.stringify([code, sorted(rest), headers['content-type'], headers['cache-control']]).replaceAll(server, 'SERVER');
      };
      expect(shape(actual, embedded!.credentials), path).to.equal(shape(expected, theirs));
      for (const [method, user] of [
        ['POST', 'admin'],
        ['GET', 'somebody'],
        ['GET', 'system:serviceaccount:default:x'],
      ] as const) {
        const headers: Record<string, string> = user === 'admin' ? {} : { 'impersonate-user': user };
        if (user.includes('serviceaccount')) headers['impersonate-group'] = 'system:serviceaccounts';
        const [one, other] = [await send(theirs, method, path, { headers }), await send(embedded!.credentials, method, path, { headers })];
        expect(other.code, `${method} ${path} of ${user}`).to.equal(one.code);
      }
    }
  });

  it('to those who ask what can be done where (OpenAPI)', async () => {
    const operationsOf = async (credentials: Credentials): Promise<Map<string, string>> => {
      const { body } = await send(credentials, 'GET', '/openapi/v2');
      const paths = Object.entries(body.paths as Record<string, Record<string, Record<string, { kind?: string }>>>);
      const operations = paths.flatMap(([path, item]) =>
        Object.entries(item)
          .filter(([method]) => /^(get|put|post|patch|delete)$/.test(method))
          .map(([method, operation]): [string, string] => [
            `${method} ${path.replace('/v1/', '/v1*/').replace('/v1beta1/', '/v1*/')}`,
            `${JSON.stringify(operation['x-kubernetes-action'])} ${operation['x-kubernetes-group-version-kind']?.kind ?? ''}`,
          ]),
      );
      return new Map(operations);
    };
    const expected = await operationsOf(await credentialsIn(real!.kubeconfigPath));
    const actual = await operationsOf(embedded!.credentials);
    // What only newer versions have, and definitions that other tests have made.
    const newer = /selfsubjectreviews|ephemeralcontainers|^delete .*\/services$|example\.org|kubeedge/;
    const known = [...actual].filter(([at]) => !newer.test(at));
    const differing = known
      .filter(([at, what]) => expected.get(at) !== what)
      .map(([at, what]) => `${at}: ${what}, not ${expected.get(at) ?? 'there'}`);
    expect(differing).to.deep.equal([]);
    expect(known.length).to.be.above(250);
  });

  async function compare(steps: readonly Step[], shown: (answer: RawAnswer, step: Step) => string): Promise<void> {
    const theirs = await credentialsIn(real!.kubeconfigPath);
    const differences: string[] = [];
    for (const step of steps) {
      const expected = shown(asStable(await ask(theirs, asBeta(step))), step);
      const actual = shown(await ask(embedded!.credentials, step), step);
      // What differs on purpose must differ, or it need not be said.
      if ((expected !== actual) !== (step.differs !== undefined)) {
        differences.push(`${step.say}\n  real:     ${expected}\n  embedded: ${actual}`);
      }
    }
    if (differences.length > 0) throw new Error(`${differences.length} of ${steps.length} answers differ:\n${differences.join('\n')}`);
  }
});

async function ask(credentials: Credentials, { method, path, body, headers }: Step): Promise<RawAnswer> {
  await awaitCustomResource(credentials, method, path);
  const asked = typeof body === 'object' ? JSON.stringify(body).replaceAll('$UID', lastUid.get(credentials) ?? '') : body;
  const answer = await send(credentials, method, path, { body: asked, ...(headers && { headers }) });
  const uid: unknown = answer.body?.metadata?.uid;
  if (typeof uid === 'string') lastUid.set(credentials, uid);
  return answer;
}

/** A definition is served a moment after it was made. */
async function awaitCustomResource(credentials: Credentials, method: string, path: string): Promise<void> {
  const [, version, plural] = /^(\/apis\/(?:fields\.)?example\.org\/\w+)(?:\/namespaces\/[^/]+)?(?:\/(\w+))?/.exec(path) ?? [];
  if (version === undefined) return;
  await eventually(async () => {
    const { code, body } = await send(credentials, 'GET', version);
    const isThere = (body?.resources as { name: string }[] | undefined)?.some(({ name }) => name === plural);
    return code === 200 && (method !== 'POST' || isThere === true);
  }, 'the new resource');
}

/** Of the object that each server answered last. */
const lastUid = new WeakMap<Credentials, string>();

/** Groups whose v1 the real server has as v1beta1 alone. */
const BETA_GROUPS = ['discovery.k8s.io', 'policy'];

/** The step in the words of the older server. */
function asBeta(step: Step): Step {
  const group = BETA_GROUPS.find((name) => step.path.startsWith(`/apis/${name}/`));
  if (group === undefined) return step;
  const body = step.body as { apiVersion?: string } | undefined;
  const versioned = body?.apiVersion === undefined ? {} : { body: { ...body, apiVersion: `${group}/v1beta1` } };
  return { ...step, ...versioned, path: step.path.replace('/v1/', '/v1beta1/') };
}

/** Its answer in the words of the newer one. */
function asStable({ body, ...answer }: RawAnswer): RawAnswer {
  const { apiVersion } = (body ?? {}) as { apiVersion?: string };
  return { ...answer, body: apiVersion === undefined ? body : { ...body, apiVersion: apiVersion.replace(/\/v1beta1$/, '/v1') } };
}

/** What must be the same: the code, what a failure says, and the shape of an object without what is random or of one server alone. */
function shown({ code, body }: RawAnswer, { otherText, otherCode }: Step): string {
  if (otherCode !== undefined) return JSON.stringify({ refused: code >= 400 });
  if (body?.kind === 'Status') {
    const { reason, message, details } = body as Status;
    const causes = details?.causes?.map(({ reason: why, field }) => `${why ?? ''} ${field ?? ''}`);
    // Whose conflict Go tells first is chance.
    if (code === 409) causes?.sort();
    return JSON.stringify({ code, reason, ...(otherText === undefined && { message, kind: details?.kind, name: details?.name, causes }) });
  }
  if (otherText !== undefined) return JSON.stringify({ code, reason: code === 404 ? 'NotFound' : undefined });
  return JSON.stringify({
    code,
    kind: body?.kind,
    items: body?.items && countOf(body as KubeList),
    object: body?.items ? undefined : plain(body?.kind === 'TokenRequest' ? { ...body, metadata: undefined } : body),
  });
}

/** Without the ConfigMap that Kubernetes' controllers, which do not run beside the real server, put into every namespace. */
function countOf({ items }: KubeList): number {
  return items.filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt').length;
}

/** Who owns which field. Of the times it is compared that they are there; the subresource is named since 1.22. */
function managers({ body }: RawAnswer): string {
  const entries = ((body as Partial<KubeObject> | undefined)?.metadata?.managedFields ?? []) as Record<string, unknown>[];
  const masked = entries.map((entry) => sorted({ ...entry, subresource: undefined, time: typeof entry['time'] }));
  return masked
    .map((entry) => JSON.stringify(entry))
    .sort()
    .join();
}

/** With sorted keys, and without the fields that only one of the servers fills in. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !RANDOM.has(key.slice(2)) && !ADMISSION.has(key.slice(2)));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}

const RANDOM = new Set([
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'resourceVersion',
  'managedFields',
  'selfLink',
  'kubernetes.io/metadata.name',
  'lastTransitionTime',
  'lastUpdateTime',
  'token',
  'expirationTimestamp',
]);
/** What admission plugins of one server add. */
const ADMISSION = new Set(['taints']);
/** So does ServiceAccount, which the real one runs without. */
const ACCOUNT = /^serviceAccount(Name)?$/;
/** What servers after 1.20 add to every Service, and to an address of its load balancer. */
const NEWER = new Set(['ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy', 'ipMode']);
/** What is allocated at random: all but the few addresses that steps ask for. */
const ALLOCATED = /^10\.96\.(?!77\.([01]|10|11|20|30|31|60|[789])$)/;

/** Finalizers that an admission plugin adds. */
const PROTECTION = /^kubernetes\.io\/pvc?-protection$/;

/** The servers may answer in two seconds: whose times they are, not which. */
function whose(times: unknown): string[] {
  return Object.keys(times ?? {}).sort();
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !PROTECTION.test(String(item))).map(plain);
  if (typeof value === 'string' && ALLOCATED.test(value)) return 'an address';
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, item]) => !RANDOM.has(key) && !ADMISSION.has(key) && !NEWER.has(key) && !(ACCOUNT.test(key) && item === 'default'))
    .map(
      ([key, item]) =>
        [key, /[nN]odePort$/.test(key) && item !== 0 ? 'a port' : key === 'disruptedPods' ? whose(item) : plain(item)] as const,
    )
    .filter(([, item]) => item !== null && item !== '' && item !== 0 && !(typeof item === 'object' && Object.keys(item).length === 0));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
