import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { quietUi } from '../cli/ui.ts';
import { table } from '../cli/table.ts';
import { KedgeError } from '../kernel/errors.ts';
import type { Transcript } from '../conformance/compare-all.ts';
import type { Recording } from '../conformance/recording.ts';
import type { GroupCounts, Report, Verdict } from '../conformance/report.ts';

const HTTPS_PORT = 10_002;

export default class Conformance extends BaseCommand<typeof Conformance> {
  static override summary = 'Play the other side of a recording of KubeEdge against kedge, and compare.';
  static override description =
    'Starts a cloud or an edge of this kedge in a temporary home on free ports, plays the recorded other side, operator and applications against ' +
    'it over real connections, and compares what it sends with what KubeEdge was recorded to send: in order, by the exchange that it belongs to, ' +
    'without ids, times, versions and uids. What kedge does otherwise on purpose, and what is not compared, is listed with the reason. ' +
    'The exit status is 0 when nothing else differs, and 7 when something does.\n\n' +
    'With --running, --cloud or --listen it tries a side that runs already, and stops and starts nothing. A cloud gets the recorded objects, ' +
    'which are removed afterwards; where some of their names are taken, nothing is done. For an edge the kit is the cloud: it tells the command ' +
    'with which the edge joins it, and waits.';
  static override examples = [
    '<%= config.bin %> conformance --side cloud --replay captures/v1.19.2',
    '<%= config.bin %> conformance --side edge --replay captures/v1.19.2 -o json',
    '<%= config.bin %> conformance --side cloud --replay captures/v1.19.2 --running',
    '<%= config.bin %> conformance --side cloud --replay captures/v1.19.2 --cloud 192.0.2.10:10002 --token-file token --kubeconfig admin.kubeconfig',
    '<%= config.bin %> conformance --side edge --replay captures/v1.19.2 --listen 192.0.2.20:10002 --mqtt-url mqtt://192.0.2.30:1884',
  ];
  static override flags = {
    side: Flags.option({ description: 'which side of kedge is tried', options: ['cloud', 'edge'] as const, required: true })(),
    replay: Flags.directory({
      description: 'folder of a recording: ws.jsonl, and https.jsonl, mqtt.jsonl, marks.jsonl',
      helpValue: 'FOLDER',
      required: true,
    }),
    running: Flags.boolean({ description: 'try the cloud of this home, which runs already', exclusive: ['cloud', 'listen'] }),
    cloud: Flags.string({
      description: 'try the cloud at HOST:PORT, which runs already; port 10002 if not given',
      helpValue: 'HOST:PORT',
      dependsOn: ['token-file'],
      exclusive: ['listen'],
    }),
    'token-file': Flags.string({
      description: 'file that holds a join token of that cloud, or - for standard input',
      helpValue: 'FILE',
      dependsOn: ['cloud'],
    }),
    kubeconfig: Flags.string({
      description: 'for the Kubernetes API of that cloud; KUBECONFIG, else ~/.kube/config, if not given',
      helpValue: 'FILE',
      dependsOn: ['cloud'],
    }),
    listen: Flags.string({
      description: 'try an edge that somebody joins to the kit, which listens at ADDRESS:PORT; port 10002 if not given',
      helpValue: 'ADDRESS:PORT',
    }),
    'mqtt-url': Flags.string({
      description: "that edge's MQTT broker, mqtt://127.0.0.1:1884 if not given",
      helpValue: 'URL',
      dependsOn: ['listen'],
    }),
  };

  override async run(): Promise<Report> {
    const { readRecording } = await import('../conformance/recording.ts');
    const { compareRun } = await import('../conformance/compare-all.ts');
    this.#checkFlags();
    const recording = await readRecording(this.flags.replay);
    const transcript = this.flags.side === 'cloud' ? await this.#playCloud(recording) : await this.#playEdge(recording);
    const report = compareRun(recording, this.flags.side, transcript);
    await this.show(report, () => this.#text(report));
    const { isFailure } = await import('../conformance/report.ts');
    const failures = report.findings.filter(isFailure).length;
    if (failures > 0) {
      throw new KedgeError('CHECK_WARNINGS', `${failures} messages are not as KubeEdge ${report.version} was recorded to send them`, {
        hint: 'the same command with -o json tells each field',
      });
    }
    return report;
  }

  #checkFlags(): void {
    const { side, running, cloud, listen } = this.flags;
    const other = side === 'cloud' ? listen !== undefined && '--listen' : (running && '--running') || (cloud !== undefined && '--cloud');
    if (other !== false) throw new KedgeError('USAGE', `${other} does not go with --side ${side}`);
  }

  async #playCloud(recording: Recording): Promise<Transcript> {
    const { running, cloud, home } = this.flags;
    if (running) {
      const { playCloudOfHome } = await import('../conformance/running-cloud.ts');
      this.ui.line(`Playing ${recording.frames.length} messages to the cloud of ${home} …`);
      return playCloudOfHome(recording, home, this.interrupted);
    }
    if (cloud !== undefined) return this.#playCloudAt(recording, cloud);
    const { ScratchCloud } = await import('../setup/scratch-cloud.ts');
    const { CloudPlayer } = await import('../conformance/cloud-player.ts');
    const { namesNoNode } = await import('../conformance/recording.ts');
    this.ui.line(`Starting a cloud for the recorded edge of KubeEdge ${recording.version} …`);
    const scratch = await ScratchCloud.start({ legacyEdges: namesNoNode(recording) }, quietUi(this.ui));
    try {
      this.ui.line(`Playing ${recording.frames.length} messages …`);
      return await new CloudPlayer(recording, scratch, this.interrupted).play();
    } finally {
      await scratch.remove();
    }
  }

  async #playCloudAt(recording: Recording, address: string): Promise<Transcript> {
    const { readTokenFile } = await import('../setup/token-file.ts');
    const { playCloudAt } = await import('../conformance/running-cloud.ts');
    const { 'token-file': file = '-', kubeconfig } = this.flags;
    const token = await readTokenFile(file);
    this.ui.line(`Playing ${recording.frames.length} messages to the cloud at ${address} …`);
    return playCloudAt(recording, { address, token, ...(kubeconfig !== undefined && { kubeconfig }) }, this.interrupted);
  }

  async #playEdge(recording: Recording): Promise<Transcript> {
    const { EdgePlayer } = await import('../conformance/edge-player.ts');
    const { listen } = this.flags;
    const { ScratchEdge } = await import('../setup/scratch-edge.ts');
    const { HostedEdge } = await import('../setup/hosted-edge.ts');
    const { parseHostPort } = await import('../protocol/host-port.ts');
    const where = listen === undefined ? { host: '127.0.0.1', port: 0 } : parseHostPort(listen, HTTPS_PORT);
    if (listen === undefined) {
      const { frames, version } = recording;
      this.ui.line(`Joining an edge to the recorded cloud of KubeEdge ${version}, and playing ${frames.length} messages …`);
    }
    const edge =
      listen === undefined
        ? await ScratchEdge.make(quietUi(this.ui))
        : await HostedEdge.make(this.flags['mqtt-url'] ?? 'mqtt://127.0.0.1:1884', this.ui);
    try {
      return await new EdgePlayer(recording, edge, this.interrupted, { address: where.host, port: where.port }).play();
    } finally {
      await edge.remove();
    }
  }

  #text({ groups, findings, passes, side, version }: Report): string {
    const counts = table(groups, [
      { title: 'EXCHANGE', value: ({ group }) => group },
      ...(['passed', 'different', 'missing', 'unexpected'] as const).map((key) => ({
        title: key.toUpperCase(),
        value: (row: GroupCounts) => row[key],
      })),
      { title: 'ON PURPOSE', value: ({ onPurpose }) => onPurpose },
      { title: 'OUT OF SCOPE', value: ({ outOfScope }) => outOfScope },
    ]);
    const failures = findings.filter(({ reason }) => reason === undefined).map((finding) => failureText(finding));
    const reasons = new Map<string, number>();
    for (const { outcome, reason } of findings) {
      if (reason !== undefined) reasons.set(`${outcome}: ${reason}`, (reasons.get(`${outcome}: ${reason}`) ?? 0) + 1);
    }
    const told = [...reasons].map(([reason, count]) => `${String(count).padStart(4)} ${reason}`);
    const verdict = passes ? `The ${side} speaks as KubeEdge ${version} does.` : `The ${side} does not speak as KubeEdge ${version} does.`;
    return [counts, ...told, ...failures, verdict].join('\n\n').replaceAll(/\n\n(?= *\d+ (on purpose|out of scope))/g, '\n');
  }
}

function failureText({ at, what, outcome, differences = [] }: Verdict): string {
  const text = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 200));
  const lines = differences.slice(0, 10).map(({ path, expected, got }) => `  ${path}: expected ${text(expected)}, got ${text(got)}`);
  return [`${outcome} ${at} ${what}`, ...lines].join('\n');
}
