import { expect } from 'chai';
import { startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';
import { needs } from '../../helpers/neighbour.ts';

describe('kubectl drain and scale on the embedded API server', function () {
  this.timeout(60_000);
  let controlPlane: TestControlPlane | undefined;

  before(async function () {
    needs(this, 'kubectl');
    controlPlane = await startControlPlane();
  });
  after(() => controlPlane?.stop());

  it('evicts as far as disruption budgets let it, and scales through the subresource', async () => {
    const ours = async (line: string, input?: string): Promise<string> => {
      const { status, stdout, stderr } = await controlPlane!.kubectl(line.split(' '), input === undefined ? {} : { input });
      return `${String(status)}\n${stdout}${stderr}`;
    };
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
});
