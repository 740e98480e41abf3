import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { createToken, listTokens } from '../../src/client/tokens.ts';
import { compareRun } from '../../src/conformance/compare-all.ts';
import type { Transcript } from '../../src/conformance/compare-all.ts';
import { CloudPlayer } from '../../src/conformance/cloud-player.ts';
import { EdgePlayer } from '../../src/conformance/edge-player.ts';
import type { HostedCloud } from '../../src/conformance/edge-player.ts';
import { playCloudOfHome } from '../../src/conformance/running-cloud.ts';
import { readRecording } from '../../src/conformance/recording.ts';
import type { Recording } from '../../src/conformance/recording.ts';
import { isFailure } from '../../src/conformance/report.ts';
import type { Report } from '../../src/conformance/report.ts';
import { KedgeError } from '../../src/kernel/errors.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import { CLOUD_MUTATIONS, EDGE_FAULTS, EDGE_MUTATIONS } from '../fixtures/mutations.ts';
import { mutate, withFault } from '../helpers/mutation.ts';
import type { Mutation } from '../helpers/mutation.ts';
import { scratchEdge } from '../helpers/scratch-edge.ts';
import { startCloud } from '../helpers/test-cloud.ts';

const VERSIONS = ['v1.14.5', 'v1.18.3', 'v1.19.2'];
const folderOf = (version: string): string => fileURLToPath(new URL(`../fixtures/recordings/${version}`, import.meta.url));

async function playAgainstCloud(recording: Recording): Promise<Transcript> {
  const cloud = await startCloud({ legacyEdges: true });
  try {
    const { token } = await createToken(cloud.home, { ttlSeconds: 3600, uses: 0, reuse: true });
    const { kube, httpsPort, websocketPort } = cloud;
    const process = { stop: () => cloud.halt(), start: () => cloud.resume() };
    const tried = { host: '127.0.0.1', kube, httpsPort, websocketPort, token, process };
    return await new CloudPlayer(recording, tried, new AbortController().signal).play();
  } finally {
    await cloud.stop();
  }
}

async function playAgainstEdge(recording: Recording): Promise<Transcript> {
  const edge = await scratchEdge();
  try {
    return await new EdgePlayer(recording, edge, new AbortController().signal).play();
  } finally {
    await edge.remove();
  }
}

/** The edge is joined and started as a person would, and is not the kit's to stop. */
async function playAgainstRunningEdge(recording: Recording): Promise<Transcript> {
  const edge = await scratchEdge();
  const join = async (cloud: HostedCloud): Promise<void> => {
    await edge.join(cloud);
    await edge.process?.start();
  };
  try {
    return await new EdgePlayer(recording, { join, mqttUrl: edge.mqttUrl }, new AbortController().signal).play();
  } finally {
    await edge.remove();
  }
}

/** What went wrong, for the message of a failing test. */
const failuresOf = ({ findings }: Report): unknown[] => findings.filter(isFailure);

describe('the conformance kit', function () {
  this.timeout(60_000);

  describe('against a cloud', () => {
    const runs = new Map<string, { recording: Recording; transcript: Transcript }>();

    for (const version of VERSIONS) {
      it(`finds nothing but what is declared in the recording of ${version}`, async () => {
        const recording = await readRecording(folderOf(version));
        const transcript = await playAgainstCloud(recording);
        runs.set(version, { recording, transcript });
        const report = compareRun(recording, 'cloud', transcript);
        expect(failuresOf(report)).to.deep.equal([]);
        const passed = report.groups.reduce((sum, group) => sum + group.passed, 0);
        expect(passed).to.be.greaterThan(60);
        for (const { outcome, reason } of report.findings) expect(reason, outcome).to.be.a('string');
      });
    }

    for (const mutation of CLOUD_MUTATIONS) {
      it(`reports that another ${titleOf(mutation)} was recorded`, () => {
        const run = runs.get(mutation.version);
        if (run === undefined) throw new Error(`${mutation.version} was not played`);
        const report = compareRun(mutate(run.recording, mutation), 'cloud', run.transcript);
        expect(failuresOf(report)).to.not.deep.equal([]);
      });
    }

    it('plays to a cloud that runs on, lists what that leaves out, and removes what it made', async () => {
      const recording = await readRecording(folderOf('v1.18.3'));
      const cloud = await startCloud();
      try {
        const { signal } = new AbortController();
        const report = compareRun(recording, 'cloud', await playCloudOfHome(recording, cloud.home, signal));
        expect(failuresOf(report)).to.deep.equal([]);
        expect(stepsLeftOut(report)).to.deep.equal(['cloudcore SIGTERM', 'cloudcore start again', 'close by the cloud']);
        const { node, pod, configMap, secret, lease, device, deviceModel, deviceStatus } = RESOURCES;
        for (const resource of [node, pod, configMap, secret, lease, device, deviceModel, deviceStatus]) {
          const { items } = await cloud.kube.list(resource);
          const left = items.filter(({ metadata: { name, namespace } }) => namespace !== 'kubeedge' && name !== 'kube-root-ca.crt');
          expect(left, resource.kind).to.deep.equal([]);
        }
        expect(await listTokens(cloud.home)).to.deep.equal([]);

        const own = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm1', namespace: 'default' }, data: { mine: 'yes' } };
        await cloud.kube.create(configMap, own, 'default');
        const refusal = await playCloudOfHome(recording, cloud.home, signal).catch((error: unknown) => error);
        expect(refusal).to.be.instanceOf(KedgeError).and.to.include({ code: 'CONFLICT' });
        expect(String(refusal)).to.contain('ConfigMap default/cm1');
        expect(await cloud.kube.get(configMap, 'cm1', 'default')).to.have.nested.property('data.mine', 'yes');
        expect((await cloud.kube.list(node)).items).to.deep.equal([]);
      } finally {
        await cloud.stop();
      }
    });

    it('reports what a cloud makes of other messages than were recorded', async () => {
      const recording = upToFirstMark(await readRecording(folderOf('v1.19.2')));
      const lease = {
        version: 'v1.19.2',
        at: 'insert kube-node-lease/lease/edge1',
        index: 1,
        path: ['content', 'spec', 'holderIdentity'],
        to: 'x',
      };
      const node = {
        version: 'v1.19.2',
        at: 'insert default/node/edge1',
        path: ['content', 'metadata', 'labels', 'kubernetes.io/hostname'],
        to: 'x',
      };
      const changed = mutate(mutate(recording, lease), node);
      const report = compareRun(changed, 'cloud', await playAgainstCloud(changed));
      const groups = report.findings.filter(isFailure).map(({ group }) => group);
      expect(groups).to.include.members(['insert lease', 'insert node']);
    });
  });

  describe('against an edge', () => {
    const runs = new Map<string, Promise<{ recording: Recording; transcript: Transcript }>>();
    const runOf = (version: string): Promise<{ recording: Recording; transcript: Transcript }> =>
      runs.get(version) ?? Promise.reject(new Error(`${version} was not played`));
    let running: Promise<Transcript>;
    before(() => {
      running = readRecording(folderOf('v1.18.3')).then(playAgainstRunningEdge);
      running.catch(() => undefined);
      // Side by side: an edge spends its time with waiting for the kit.
      for (const version of VERSIONS) {
        const run = readRecording(folderOf(version)).then(async (recording) => ({
          recording,
          transcript: await playAgainstEdge(recording),
        }));
        run.catch(() => undefined);
        runs.set(version, run);
      }
    });
    after(() => Promise.allSettled([...runs.values(), running]));

    for (const version of VERSIONS) {
      it(`finds nothing but what is declared in the recording of ${version}`, async () => {
        const { recording, transcript } = await runOf(version);
        const report = compareRun(recording, 'edge', transcript);
        expect(failuresOf(report)).to.deep.equal([]);
        const passed = report.groups.reduce((sum, group) => sum + group.passed, 0);
        expect(passed).to.be.greaterThan(60);
        for (const { outcome, reason } of report.findings) expect(reason, outcome).to.be.a('string');
      });
    }

    it('plays to an edge that runs on, and lists what that leaves out', async () => {
      const report = compareRun(await readRecording(folderOf('v1.18.3')), 'edge', await running);
      expect(failuresOf(report)).to.deep.equal([]);
      expect(stepsLeftOut(report)).to.deep.equal([
        'edgecore restart with 1 pod',
        'edgecore SIGTERM (pods keep running?)',
        'edgecore start again (same db)',
        'edgecore restarted while cloud is down (autonomy)',
        'close by the edge',
        'close by the edge',
      ]);
    });

    for (const mutation of EDGE_MUTATIONS) {
      it(`reports that another ${titleOf(mutation)} was recorded`, async () => {
        const { recording, transcript } = await runOf(mutation.version);
        const report = compareRun(mutate(recording, mutation), 'edge', transcript);
        expect(failuresOf(report)).to.not.deep.equal([]);
      });
    }

    for (const fault of EDGE_FAULTS) {
      it(`reports a fault in ${titleOf(fault)}`, async () => {
        const { recording, transcript } = await runOf(fault.version);
        const report = compareRun(recording, 'edge', withFault(transcript, fault));
        expect(failuresOf(report)).to.not.deep.equal([]);
      });
    }

    it('50 fields were changed', () => {
      expect([...CLOUD_MUTATIONS, ...EDGE_MUTATIONS]).to.have.length(50);
    });
  });
});

/** Marks first, then connections. */
function stepsLeftOut({ findings }: Report): string[] {
  const steps = findings.filter(({ reason }) => / runs on/.test(reason ?? ''));
  return [...steps.filter(({ at }) => at.startsWith('marks')), ...steps.filter(({ at }) => at.startsWith('ws'))].map(({ what }) => what);
}

function titleOf({ version, at, path }: Mutation): string {
  return `${path.join('.')} of ${at} (${version})`;
}

function upToFirstMark(recording: Recording): Recording {
  const end = recording.marks[0]?.ts ?? Infinity;
  const before = <T extends { ts: number }>(items: readonly T[]): T[] => items.filter(({ ts }) => ts < end);
  const { frames, sockets, https, mqtt } = recording;
  return { ...recording, frames: before(frames), sockets: before(sockets), https: before(https), mqtt: before(mqtt), marks: [] };
}
