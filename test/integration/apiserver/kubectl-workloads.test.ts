import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';
import { run } from '../../helpers/kedge.ts';
import { needs } from '../../helpers/neighbour.ts';
import { startRealApiServer, type RealApiServer } from '../../helpers/real-apiserver.ts';

interface Command {
  readonly line: string;
  readonly input?: string;
  /** Why the outputs differ on purpose. */
  readonly differs?: string;
}

const OPENAPI_V3 = 'kubectl explains by OpenAPI v3, which 1.20 lacks';

const but = (line: string, differs: string): Command => ({ line, differs });

const MANIFESTS = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {nodeSelector: {disk: ssd}, containers: [{name: agent, image: "agent:1"}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: set}
spec:
  replicas: 2
  selector: {matchExpressions: [{key: app, operator: In, values: [set]}]}
  template:
    metadata: {labels: {app: set}}
    spec: {containers: [{name: a, image: "a:1"}, {name: b, image: "b:1"}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: manual}
subsets: [{addresses: [{ip: 10.1.1.1}, {ip: 10.1.1.2}], ports: [{name: a, port: 80}, {name: b, port: 81}]}]
---
apiVersion: v1
kind: Service
metadata: {name: manual}
spec: {clusterIP: None, ports: [{name: a, port: 80}, {name: b, port: 81}]}
`;
const NOT_SERVED = 'a server without them';

/** What a user does, in this order. */
const COMMANDS: readonly (string | Command)[] = [
  'create namespace work',
  'create deployment web --image=nginx:1 --replicas=2 --port=80',
  'get deployment web',
  'get deploy web -o wide',
  'get deploy web -o jsonpath={.spec.strategy}{.spec.progressDeadlineSeconds}',
  'expose deployment web --port=80 --target-port=8080',
  but('get service web', 'the address is random'),
  'get svc web -o wide --no-headers -o custom-columns=T:.spec.type,P:.spec.ports[0].targetPort,S:.spec.selector',
  'create service clusterip inside --tcp=80:81 --clusterip=10.96.77.1',
  'create service clusterip headless --tcp=80 --clusterip=None',
  'create service nodeport outside --tcp=80:81 --node-port=32123',
  'create service loadbalancer balanced --tcp=80:81',
  'create service externalname far --external-name example.org',
  'get svc inside headless far',
  'get svc inside far -o wide',
  'get svc outside -o jsonpath={.spec.ports[0].nodePort}',
  'create service clusterip inside --tcp=80:81',
  'create service nodeport again --tcp=80:81 --node-port=32123',
  'scale deployment web --replicas=5',
  'scale deployment web --replicas=6 --current-replicas=5',
  'scale deployment web --replicas=7 --current-replicas=5',
  'get deployment web -o jsonpath={.spec.replicas}{.metadata.generation}',
  'set image deployment/web nginx=nginx:2',
  'rollout history deployment/web',
  'describe deployment web',
  'rollout pause deployment/web',
  'rollout resume deployment/web',
  'rollout restart deployment/web --dry-run=client -o name',
  'rollout status deployment/web --watch=false',
  { line: 'apply -f -', input: MANIFESTS },
  { line: 'apply -f -', input: MANIFESTS },
  'get ds,rs',
  'get ds,rs -o wide',
  'describe ds agent',
  'describe rs set',
  'describe ep manual',
  'get endpoints manual',
  'get ep manual -o wide',
  'scale rs set --replicas=4',
  'rollout history ds/agent',
  'rollout status ds/agent --watch=false',
  'create priorityclass high --value=1000 --description=x',
  'create priorityclass too-high --value=2000000000',
  'get priorityclass',
  'get pc high -o jsonpath={.preemptionPolicy}{.value}',
  'run plain --image=busybox:1 --restart=Never --dry-run=server -o jsonpath={.spec.priority}',
  'create quota q --hard=pods=1 --dry-run=client -o name',
  'label deployment web tier=front',
  'annotate service inside a=b',
  'patch service inside -p {"spec":{"ports":[{"port":80,"targetPort":9}]}}',
  'get svc inside -o jsonpath={.spec.ports[0].targetPort}',
  'delete service inside',
  'get all -o name',
  'run nowhere --image=busybox:1',
  'logs nowhere',
  'exec nowhere -- ls',
  'attach nowhere',
  'port-forward nowhere 8080:80',
  'logs missing',
  but('explain deployment.spec.strategy.rollingUpdate.maxSurge', OPENAPI_V3),
  but('explain endpoints.subsets', OPENAPI_V3),
  'delete deployment web',
  'get deploy',
  'delete ds/agent rs/set ep/manual',
  'delete svc --all --wait=false -o name',
];

describe('kubectl and what runs pods, on the embedded API server as on the real one', function () {
  this.timeout(300_000);
  let real: RealApiServer | undefined;
  let embedded: TestControlPlane | undefined;
  let dir = '';

  before(async function () {
    needs(this, 'a Kubernetes API server', 'kubectl', 'openssl');
    dir = await mkdtemp(join(tmpdir(), 'kedge-kubectl-'));
    [real, embedded] = await Promise.all([startRealApiServer(), startControlPlane()]);
  });
  after(async () => {
    await real?.stop();
    await embedded?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const kubectl = async (kubeconfigPath: string, cache: string, { line, input }: Command): Promise<string> => {
    const args = ['--kubeconfig', kubeconfigPath, '--cache-dir', join(dir, cache), '--namespace', 'work', ...line.split(' ')];
    const { status, stdout, stderr } = await run('kubectl', args, input === undefined ? {} : { input });
    const text = `${stdout}${stderr}`
      .replaceAll(/^WARNING: version difference.*\n/gm, '')
      .replaceAll(/^(CreationTimestamp: +).*$/gm, '$1…')
      .replaceAll(/(?<= )\d+m?\d*s(?= |$)/gm, 'AGE');
    return `${status}\n${text}`;
  };

  it('does the same', async () => {
    const differences: string[] = [];
    for (const each of COMMANDS) {
      const command = typeof each === 'string' ? { line: each } : each;
      const theirs = await kubectl(real!.kubeconfigPath, 'real', command);
      const ours = await kubectl(embedded!.kubeconfigPath, 'embedded', command);
      if ((theirs !== ours) !== (command.differs !== undefined))
        differences.push(`${command.line}\n--- real\n${theirs}\n--- embedded\n${ours}`);
    }
    expect(differences.join('\n')).to.equal('');
  });

  it('evicts as far as disruption budgets let it, and scales through the subresource', async () => {
    const ours = (line: string, input?: string): Promise<string> =>
      kubectl(embedded!.kubeconfigPath, 'embedded', { line, ...(input !== undefined && { input }) });
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'kept', labels: { app: 'kept' } } };
    const spec = { nodeName: 'edge', terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'x' }] };
    expect(await ours('apply -f -', JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'edge' } }))).to.match(/created/);
    expect(await ours('apply -f -', JSON.stringify({ ...pod, spec }))).to.match(/created/);
    const running = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
    expect(await ours(`patch pod kept --subresource=status --type=merge -p ${JSON.stringify(running)}`)).to.match(/^0/);
    expect(await ours('create pdb budget --selector=app=kept --min-available=1')).to.contain('poddisruptionbudget.policy/budget created');
    expect(await ours('get pdb')).to.match(/^budget +1 +N\/A +0 +/m);
    expect(await ours('drain edge --force --timeout=1s')).to.contain("Cannot evict pod as it would violate the pod's disruption budget.");
    const room = { status: { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2, observedGeneration: 1 } };
    expect(await ours(`patch pdb budget --subresource=status --type=merge -p ${JSON.stringify(room)}`)).to.match(/^0/);
    expect(await ours('get pdb budget -o jsonpath={.status.disruptionsAllowed}')).to.equal('0\n1');
    expect(await ours('drain edge --force --timeout=20s')).to.match(/pod\/kept evicted\nnode\/edge drained/);
    expect(await ours('get pdb budget -o jsonpath={.status.disruptionsAllowed}')).to.equal('0\n0');
    expect(await ours('create deployment counted --image=x --replicas=3')).to.match(/created/);
    expect(await ours('get deployment counted --subresource=scale -o jsonpath={.kind}{.spec.replicas}{.status.selector}')).to.equal(
      '0\nScale3app=counted',
    );
    expect(await ours('api-resources --api-group=policy -o name')).to.equal('0\npoddisruptionbudgets.policy\n');
    expect(await ours('get events.v1.events.k8s.io')).to.contain('No resources found');
  });

  it('says that a kind is not there', async () => {
    for (const line of [
      'create job j --image=x',
      'create cronjob c --image=x --schedule=* --dry-run=server',
      'get statefulsets',
      'create quota q --hard=pods=1',
    ]) {
      const text = await kubectl(embedded!.kubeconfigPath, 'embedded', { line });
      expect(text, `${line}: ${NOT_SERVED}`).to.match(
        /^1\n(?:error|Error)[^]*(?:could not find the requested resource|doesn't have a resource type|not found|no matches)/,
      );
    }
  });
});
