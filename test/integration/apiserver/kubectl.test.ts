import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Node } from '../../../src/protocol/kubernetes.ts';
import { send, startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { needs } from '../../helpers/neighbour.ts';

const POD = `
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  nodeName: edge-1
  containers:
  - {name: nginx, image: "nginx:1", ports: [{containerPort: 80}]}
`;
const CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: lamps, singular: lamp, kind: Lamp, shortNames: [lp], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns: [{name: Color, type: string, jsonPath: .spec.color}]
    schema:
      openAPIV3Schema:
        description: A lamp that shines.
        type: object
        properties:
          spec:
            type: object
            required: [watts]
            properties:
              watts: {type: integer, minimum: 1, description: How bright it is.}
              color: {type: string, default: white}
          status: {type: object, properties: {lit: {type: boolean}}}
  - name: v1alpha1
    served: true
    storage: false
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;
const LAMP = `
apiVersion: example.org/v1
kind: Lamp
metadata: {name: desk}
spec: {watts: 40}
`;

describe('kubectl with the embedded API server', function () {
  this.timeout(60_000);
  let controlPlane: TestControlPlane | undefined;
  let dir: string;

  before(async function () {
    needs(this, 'kubectl');
    controlPlane = await startControlPlane();
    dir = await mkdtemp(join(tmpdir(), 'kedge-kubectl-'));
  });
  after(async () => {
    if (controlPlane === undefined) return;
    await controlPlane.stop();
    await rm(dir, { recursive: true, force: true });
  });

  /** What kubectl printed; fails with its complaint when it failed. */
  const kubectl = async (command: string, options: { input?: string; env?: Record<string, string> } = {}): Promise<string> => {
    const { status, stdout, stderr } = await controlPlane!.kubectl(split(command), options);
    if (status !== 0) throw new Error(`kubectl ${command}: ${stderr}`);
    return stdout;
  };
  const refused = async (command: string, options: { input?: string } = {}): Promise<string> => {
    const { status, stderr } = await controlPlane!.kubectl(split(command), options);
    expect(status, command).to.not.equal(0);
    return stderr;
  };

  it('lists what there is to work with', async () => {
    const resources = await kubectl('api-resources --no-headers');
    for (const line of [/^pods +po +v1 +true +Pod$/m, /^leases +coordination.k8s.io\/v1 +true +Lease$/m]) expect(resources).to.match(line);
    expect((await kubectl('get namespaces -o name')).trim().split('\n')).to.have.members(
      ['default', 'kube-node-lease', 'kube-public', 'kube-system'].map((name) => `namespace/${name}`),
    );
    expect(await kubectl('explain pod.spec.containers.image')).to.contain('FIELD: image <string>');
    expect(await kubectl('version')).to.contain('Server Version: v1.32');
  });

  it('applies, applies again, changes and deletes, with validation on', async () => {
    expect(await kubectl('apply -f -', { input: POD })).to.equal('pod/web created\n');
    expect(await kubectl('apply -f -', { input: POD })).to.equal('pod/web unchanged\n');
    expect(await kubectl('apply -f -', { input: POD.replace('nginx:1', 'nginx:2') })).to.equal('pod/web configured\n');
    expect(await kubectl('get pod web -o jsonpath={.spec.containers[*].image}')).to.equal('nginx:2');
    expect(await kubectl('get pods --no-headers -o wide')).to.match(/^web +0\/1 +Pending +0 +\S+ +<none> +edge-1/);
    expect(await kubectl('diff -f -', { input: POD.replace('nginx:1', 'nginx:2') })).to.equal('');
    expect(await refused('apply -f -', { input: POD.replace('ports:', 'prots:') })).to.contain(
      'strict decoding error: unknown field "spec.containers[0].prots"',
    );
    expect(await refused('apply -f -', { input: POD.replace('nodeName: edge-1', 'nodeName: edge-2') })).to.contain('is invalid: spec');
    await kubectl('label pod web tier=front');
    await kubectl('annotate pod web note=hello');
    expect(await kubectl('get pods -l tier=front,app=web -o name')).to.equal('pod/web\n');
    expect(await kubectl('get pods -A --field-selector spec.nodeName=edge-1,status.phase!=Running -o name')).to.equal('pod/web\n');
    await kubectl(`patch pod web --subresource=status -p {"status":{"phase":"Running"}}`);
    const described = await kubectl('describe pod web');
    for (const text of [/^Status: +Running$/m, /tier=front/, /note: hello/, /nginx:2/]) expect(described).to.match(text);
    expect(await kubectl('get pod web -o yaml')).to.contain('qosClass: BestEffort');
    await kubectl('delete pod web --wait=false');
    expect(await kubectl('get pods --no-headers')).to.match(/^web +0\/1 +Terminating/);
    await kubectl('delete pod web --force --grace-period=0');
    expect(await refused('get pod web')).to.contain('pods "web" not found');
  });

  it('creates by kind, edits and replaces', async () => {
    await kubectl('create configmap settings --from-literal=color=blue');
    await kubectl('create secret generic door --from-literal=key=open');
    await kubectl('create namespace garden');
    expect(await kubectl('get secret door -o jsonpath={.data.key}')).to.equal(Buffer.from('open').toString('base64'));
    expect(await refused('create configmap settings')).to.contain('configmaps "settings" already exists');
    const editor = join(dir, 'editor');
    await writeFile(editor, '#!/bin/sh\nsed -i s/blue/green/ "$1"\n');
    await chmod(editor, 0o755);
    expect(await kubectl('edit configmap settings', { env: { KUBE_EDITOR: editor } })).to.equal('configmap/settings edited\n');
    expect(await kubectl('get configmap settings -o jsonpath={.data.color}')).to.equal('green');
    const replaced = (await kubectl('get configmap settings -o json')).replace('green', 'red');
    await kubectl('replace -f -', { input: replaced });
    expect(await kubectl('get configmap settings -o jsonpath={.data.color}')).to.equal('red');
    expect(await refused('replace -f -', { input: replaced })).to.contain('the object has been modified');
    await kubectl(`patch configmap settings --type=json -p [{"op":"add","path":"/data/size","value":"xl"}]`);
    await kubectl(`patch configmap settings --type=merge -p {"data":{"color":null}}`);
    expect(await refused('patch configmap settings --type=json -p [{"op":"test","path":"/data/size","value":"s"}]')).to.equal(
      'The request is invalid: the server rejected our request due to an error in our request\n',
    );
    expect(JSON.parse(await kubectl('get configmap settings -o jsonpath={.data}'))).to.deep.equal({ size: 'xl' });
    expect(await kubectl('describe secret door')).to.contain('key:  4 bytes');
    expect(await kubectl('describe namespace garden')).to.contain('Status:       Active');
    await kubectl('delete namespace garden');
    expect(await refused('get namespace garden')).to.contain('namespaces "garden" not found');
    expect(await kubectl('delete configmap,secret --all')).to.contain('configmap "settings" deleted');
  });

  it('describes a node, whose conditions merge by type', async () => {
    await kubectl('create -f -', {
      input: 'apiVersion: v1\nkind: Node\nmetadata: {name: edge-9, labels: {node-role.kubernetes.io/edge: ""}}\n',
    });
    const patch = (conditions: object[]) =>
      kubectl(`patch node edge-9 --subresource=status -p ${JSON.stringify({ status: { conditions } })}`);
    const now = new Date().toISOString();
    await patch([
      { type: 'Ready', status: 'True', reason: 'EdgeReady', lastHeartbeatTime: now },
      { type: 'DiskPressure', status: 'False' },
    ]);
    await patch([{ type: 'DiskPressure', status: 'True' }]);
    const { status } = JSON.parse(await kubectl('get node edge-9 -o json')) as Node;
    expect(status?.conditions?.map((condition) => `${condition.type}=${condition.status}`)).to.have.members([
      'Ready=True',
      'DiskPressure=True',
    ]);
    expect(await kubectl('get nodes --no-headers')).to.match(/^edge-9 +Ready +edge +/);
    await kubectl('cordon edge-9');
    await eventually(
      async () => (await kubectl('get node edge-9 -o jsonpath={.spec.taints[*].key}')).includes('unschedulable'),
      'the taint',
    );
    const described = await kubectl('describe node edge-9');
    for (const text of ['EdgeReady', 'node.kubernetes.io/disk-pressure:NoSchedule', 'Unschedulable:      true', 'Non-terminated Pods:']) {
      expect(described).to.contain(text);
    }
    await kubectl('uncordon edge-9');
    await kubectl('taint node edge-9 own=yes:NoExecute');
    await eventually(async () => (await kubectl('get node edge-9 -o jsonpath={.spec.taints[*].key}')).split(' ').sort().join() === 'node.kubernetes.io/disk-pressure,own', 'the taints'); // prettier-ignore
    await kubectl('delete node edge-9');
  });

  it('works with custom resources as soon as they are defined', async () => {
    expect(await kubectl('apply -f -', { input: CRD })).to.contain('created');
    await kubectl('wait --for=condition=Established crd/lamps.example.org --timeout=5s');
    expect(await kubectl('apply -f -', { input: LAMP })).to.equal('lamp.example.org/desk created\n');
    expect(await kubectl('apply -f -', { input: CRD })).to.contain('unchanged');
    expect(await kubectl('get lp')).to.match(/^NAME +COLOR *\ndesk +white/);
    expect(await kubectl('explain lamp.spec.watts')).to.contain('How bright it is.');
    expect(await refused('apply -f -', { input: LAMP.replace('watts: 40', 'watts: 40, watt: 1') })).to.contain('unknown field "spec.watt"');
    expect(await refused('apply -f -', { input: LAMP.replace('40', '0') })).to.contain(
      'spec.watts in body should be greater than or equal to 1',
    );
    expect(await refused('apply -f -', { input: LAMP.replace('40', 'bright') })).to.contain('spec.watts');
    await kubectl(`patch lamp desk --subresource=status --type=merge -p {"status":{"lit":true},"spec":{"watts":1}}`);
    await kubectl(`patch lamp desk --type=merge -p {"status":{"lit":false},"spec":{"watts":60}}`);
    const lamp = JSON.parse(await kubectl('get lamp desk -o json'));
    expect([lamp.spec, lamp.status, lamp.metadata.generation]).to.deep.equal([{ color: 'white', watts: 60 }, { lit: true }, 2]);
    expect(JSON.parse(await kubectl('get lamps.v1alpha1.example.org desk -o json')).apiVersion).to.equal('example.org/v1alpha1');
    expect(await kubectl('get all -o name')).to.contain('lamp.example.org/desk');
    expect(await kubectl('describe lamp desk')).to.contain('Watts:  60');
    await kubectl('delete crd lamps.example.org');
    expect(await refused('get lamps')).to.match(/NotFound|doesn't have a resource type/);
  });

  it('takes back a list that it gave, and finds the mistake in one', async () => {
    await kubectl('create configmap one');
    await kubectl('create configmap two');
    const list = await kubectl('get configmaps one two -o yaml');
    expect(list).to.contain('kind: List');
    const replaced = await kubectl('replace -f -', { input: list });
    expect(replaced).to.contain('configmap/one replaced').and.contain('configmap/two replaced');
    expect(await kubectl('apply -f -', { input: list.replaceAll('resourceVersion:', '#') })).to.contain('configmap/two configured');
    const input = 'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, dat: {}}';
    expect(await refused('apply -f -', { input })).to.contain('unknown field "dat"');
    await kubectl('delete configmap one two');
  });

  it('watches, and shows the events of an object', async () => {
    await kubectl('create configmap seen');
    const watch = spawn('kubectl', ['--kubeconfig', controlPlane!.kubeconfigPath, 'get', 'configmaps', '-w', '--no-headers']);
    let output = '';
    watch.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const closed = new Promise((resolve) => watch.once('close', resolve));
    await eventually(() => /^seen +0 /m.test(output), 'the first row');
    await kubectl(`patch configmap seen -p {"data":{"a":"1"}}`);
    await eventually(() => /^seen +1 /m.test(output), 'the change');
    watch.kill();
    await closed;
    const uid = await kubectl('get configmap seen -o jsonpath={.metadata.uid}');
    const event = {
      metadata: { name: 'seen.1', namespace: 'default' },
      involvedObject: { kind: 'ConfigMap', name: 'seen', namespace: 'default', apiVersion: 'v1', uid },
      reason: 'Watched',
      message: 'somebody looked',
      type: 'Normal',
      count: 1,
      lastTimestamp: new Date().toISOString(),
    };
    const { code } = await send(controlPlane!.credentials, 'POST', '/api/v1/namespaces/default/events', { body: event });
    expect(code).to.equal(201);
    expect(await kubectl('get events --field-selector involvedObject.name=seen --no-headers')).to.match(
      /Normal +Watched +configmap\/seen +somebody looked/,
    );
    expect(await kubectl('describe configmap seen')).to.contain('somebody looked');
    await kubectl('delete configmap seen');
  });
});

/** Splits at spaces: no argument of these tests contains one. */
function split(command: string): string[] {
  return command.split(' ');
}
