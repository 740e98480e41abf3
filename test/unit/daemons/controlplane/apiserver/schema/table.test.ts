import { expect } from 'chai';
import { humanDuration } from '../../../../../../src/daemons/controlplane/apiserver/schema/human-duration.ts';
import { jsonPath } from '../../../../../../src/daemons/controlplane/apiserver/schema/json-path.ts';
import { renderTable } from '../../../../../../src/daemons/controlplane/apiserver/schema/table.ts';
import { RESOURCES, type ApiResource } from '../../../../../../src/protocol/kubernetes.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'x', creationTimestamp: '2026-01-01T00:00:00Z' };

function cells(resource: ApiResource, object: object): unknown[] | undefined {
  const table = renderTable({ resource }, [{ metadata, ...object }], { now, includeObject: 'None' });
  return table.rows[0]?.cells;
}

describe('renderTable', () => {
  it('shows a Pod', () => {
    const spec = { containers: [{ name: 'a' }, { name: 'b' }], nodeName: 'edge' };
    const running = {
      ready: true,
      restartCount: 2,
      state: { running: {} },
      lastState: { terminated: { finishedAt: '2026-01-01T00:59:00Z' } },
    };
    const crashing = { ready: false, restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } };
    expect(
      cells(RESOURCES.pod, { spec, status: { phase: 'Running', podIP: '10.0.0.1', containerStatuses: [running, crashing] } }),
    ).to.deep.equal(['x', '1/2', 'CrashLoopBackOff', '5 (60s ago)', '60m', '10.0.0.1', 'edge', '<none>', '<none>']);
  });

  it('knows the states of a Pod', () => {
    const status = (object: object): unknown => cells(RESOURCES.pod, object)?.[2];
    const terminated = (end: object): object => ({ status: { phase: 'Failed', containerStatuses: [{ state: { terminated: end } }] } });
    expect(status({ status: { phase: 'Pending' } })).to.equal('Pending');
    expect(status({ status: { phase: 'Failed', reason: 'Evicted' } })).to.equal('Evicted');
    expect(status({ metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' }, status: { phase: 'Running' } })).to.equal(
      'Terminating',
    );
    expect(status(terminated({ exitCode: 1, reason: 'Error' }))).to.equal('Error');
    expect(status(terminated({ exitCode: 3 }))).to.equal('ExitCode:3');
    expect(status(terminated({ exitCode: 137, signal: 9 }))).to.equal('Signal:9');
    expect(
      status({
        spec: { initContainers: [{}, {}] },
        status: { initContainerStatuses: [{ state: { terminated: { exitCode: 0 } } }, { state: { running: {} } }] },
      }),
    ).to.equal('Init:1/2');
  });

  it('counts the sidecars of a Pod', () => {
    const spec = { containers: [{ name: 'a' }], initContainers: [{ name: 'i' }, { name: 's', restartPolicy: 'Always' }, { name: 'j' }] };
    const shown = (initContainerStatuses: object[], rest: object = {}): unknown =>
      cells(RESOURCES.pod, { spec, status: { phase: 'Pending', initContainerStatuses, ...rest } })?.slice(1, 4);
    const done = { restartCount: 1, state: { terminated: { exitCode: 0 } } };
    const sidecar = { name: 's', started: true, ready: true, restartCount: 2, state: { running: {} } };
    const up = { name: 'a', ready: true, restartCount: 4, state: { running: {} } };
    const waiting = { name: 'j', restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } };
    expect(shown([{ ...done, name: 'i' }, { ...sidecar, started: false, ready: false }, waiting])).to.deep.equal(['0/2', 'Init:1/3', '3']);
    expect(shown([{ ...done, name: 'i' }, sidecar, waiting])).to.deep.equal(['1/2', 'Init:2/3', '3']);
    const running = { phase: 'Running', containerStatuses: [up] };
    expect(shown([{ ...done, name: 'i' }, sidecar, { ...done, name: 'j' }], running)).to.deep.equal(['2/2', 'Running', '6']);
    expect(
      shown(
        [
          { ...done, name: 'i' },
          { ...sidecar, ready: false },
          { ...done, name: 'j' },
        ],
        running,
      ),
    ).to.deep.equal(['1/2', 'Running', '6']);
    const restarting = { name: 's', restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } };
    const initialized = { ...running, conditions: [{ type: 'Initialized', status: 'True' }] };
    expect(shown([{ ...done, name: 'i' }, restarting, { ...done, name: 'j' }], initialized)).to.deep.equal([
      '1/2',
      'Init:CrashLoopBackOff',
      '6',
    ]);
    const gated = { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] };
    expect(shown([], gated)).to.deep.equal(['0/2', 'SchedulingGated', '0']);
  });

  it('shows a Node with its roles', () => {
    const node = {
      metadata: { ...metadata, labels: { 'node-role.kubernetes.io/edge': '', 'node-role.kubernetes.io/agent': '' } },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'Unknown' }],
        nodeInfo: { kubeletVersion: 'v1', osImage: 'Debian' },
        addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
      },
    };
    expect(cells(RESOURCES.node, node)).to.deep.equal([
      ...['x', 'NotReady,SchedulingDisabled', 'agent,edge', '60m', 'v1', '10.0.0.1', '<none>', 'Debian', '<unknown>', '<unknown>'],
    ]);
    expect(cells(RESOURCES.node, {})?.slice(1, 3)).to.deep.equal(['Unknown', '<none>']);
  });

  it('counts the keys of a ConfigMap and a Secret', () => {
    expect(cells(RESOURCES.configMap, { data: { a: '' }, binaryData: { b: '' } })).to.deep.equal(['x', 2, '60m']);
    expect(cells(RESOURCES.secret, { type: 'Opaque', data: { a: '' } })).to.deep.equal(['x', 'Opaque', 1, '60m']);
  });

  it('shows an Event, which may have no times of its own', () => {
    const event = {
      eventTime: '2026-01-01T00:59:30.000000Z',
      type: 'Normal',
      reason: 'R',
      involvedObject: { kind: 'Pod', name: 'p' },
      message: 'm\n',
      source: { component: 'c', host: 'h' },
    };
    expect(cells(RESOURCES.event, event)).to.deep.equal(['30s', 'Normal', 'R', 'pod/p', '', 'c, h', 'm', '30s', 1, 'x']);
  });

  it("shows a custom resource's columns, null where there is nothing", () => {
    const printerColumns = [
      { name: 'Model', type: 'string', jsonPath: '.spec.deviceModelRef.name' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1 },
      { name: 'Count', type: 'integer', jsonPath: '.spec.count' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ];
    const object = {
      metadata,
      spec: { deviceModelRef: { name: 'm' } },
      status: {
        conditions: [
          { type: 'A', status: 'x' },
          { type: 'Ready', status: 'True' },
        ],
      },
    };
    const table = renderTable({ resource: RESOURCES.device, printerColumns }, [object], { now, includeObject: 'Metadata' });
    expect(table.columnDefinitions.map(({ name, type, format, priority }) => [name, type, format, priority])).to.deep.equal([
      ['Name', 'string', 'name', 0],
      ['Model', 'string', '', 0],
      ['Ready', 'string', '', 1],
      ['Count', 'integer', '', 0],
      ['Age', 'date', '', 0],
    ]);
    expect(table.rows).to.deep.equal([
      { cells: ['x', 'm', 'True', null, '60m'], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata } },
    ]);
  });
});

describe('humanDuration', () => {
  const cases: [number, string][] = [
    [-5, '<invalid>'],
    [-1, '0s'],
    [119, '119s'],
    [120, '2m'],
    [312, '5m12s'],
    [600, '10m'],
    [179 * 60, '179m'],
    [3 * 3600 + 60, '3h1m'],
    [47 * 3600, '47h'],
    [49 * 3600, '2d1h'],
    [8 * 86400, '8d'],
    [731 * 86400, '2y1d'],
    [9 * 365 * 86400, '9y'],
  ];
  cases.forEach(([seconds, text]) => {
    it(`${seconds} s is ${text}`, () => {
      expect(humanDuration(seconds * 1000)).to.equal(text);
    });
  });
});

describe('jsonPath', () => {
  const object = {
    a: {
      'b.c': [
        { k: 'x', v: 1 },
        { k: 'y', v: 2 },
      ],
    },
  };
  it('finds keys, indices, all, and by filter', () => {
    expect(jsonPath(".a['b.c'][0].v")(object)).to.deep.equal([1]);
    expect(jsonPath('.a.b\\.c[-1].v')(object)).to.deep.equal([2]);
    expect(jsonPath('{.a.b\\.c[*].v}')(object)).to.deep.equal([1, 2]);
    expect(jsonPath('.a.b\\.c[?(@.k=="y")].v')(object)).to.deep.equal([2]);
    expect(jsonPath('.a.b\\.c[?(@.v!=1)].k')(object)).to.deep.equal(['y']);
  });
  it('finds nothing where there is nothing, or where the path is too clever', () => {
    expect(jsonPath('.x.y')(object)).to.deep.equal([]);
    expect(jsonPath('.a..b')(object)).to.deep.equal([]);
    expect(jsonPath('.constructor')(object)).to.deep.equal([]);
  });
});
