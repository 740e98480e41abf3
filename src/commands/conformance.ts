import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { table } from '../cli/table.ts';
import type { Transcript } from '../conformance/compare-all.ts';
import type { Recording } from '../conformance/recording.ts';
import type { GroupCounts, Report, Verdict } from '../conformance/report.ts';

export default class Conformance extends BaseCommand<typeof Conformance> {
  static override summary = 'Play the other side of a recording of KubeEdge against kedge, and compare.';
  static override description =
    'Starts a cloud or an edge of this kedge in a temporary home on free ports, plays the recorded other side, operator and applications against ' +
    'it over real connections, and compares what it sends with what KubeEdge was recorded to send: in order, by the exchange that it belongs to, ' +
    'without ids, times, versions and uids. What kedge does otherwise on purpose, and what is not compared, is listed with the reason. ' +
    'The exit status is 0 when nothing else differs, and 7 when something does.';
  static override examples = [
    '<%= config.bin %> conformance --side cloud --replay captures/v1.19.2',
    '<%= config.bin %> conformance --side edge --replay captures/v1.19.2 -o json',
  ];
  static override flags = {
    side: Flags.option({ description: 'which side of kedge is tried', options: ['cloud', 'edge'] as const, required: true })(),
    replay: Flags.directory({
      description: 'folder of a recording: ws.jsonl, and https.jsonl, mqtt.jsonl, marks.jsonl',
      helpValue: 'FOLDER',
      required: true,
    }),
  };

  override async run(): Promise<Report> {
    const { readRecording } = await import('../conformance/recording.ts');
    const { compareRun } = await import('../conformance/compare-all.ts');
    const recording = await readRecording(this.flags.replay);
    const transcript = this.flags.side === 'cloud' ? await this.#playCloud(recording) : await this.#playEdge(recording);
    const report = compareRun(recording, this.flags.side, transcript);
    await this.show(report, () => this.#text(report));
    const { isFailure } = await import('../conformance/report.ts');
    const failures = report.findings.filter(isFailure).length;
    if (failures > 0) {
      const { KedgeError } = await import('../kernel/errors.ts');
      throw new KedgeError('CHECK_WARNINGS', `${failures} messages are not as KubeEdge ${report.version} was recorded to send them`, {
        hint: 'the same command with -o json tells each field',
      });
    }
    return report;
  }

  async #playCloud(recording: Recording): Promise<Transcript> {
    const { ScratchCloud } = await import('../setup/scratch-cloud.ts');
    const { CloudPlayer } = await import('../conformance/cloud-player.ts');
    const { quietUi } = await import('../cli/ui.ts');
    const { namesNoNode } = await import('../conformance/recording.ts');
    this.ui.line(`Starting a cloud for the recorded edge of KubeEdge ${recording.version} …`);
    const cloud = await ScratchCloud.start({ legacyEdges: namesNoNode(recording) }, quietUi(this.ui));
    try {
      this.ui.line(`Playing ${recording.frames.length} messages …`);
      return await new CloudPlayer(recording, cloud, this.interrupted).play();
    } finally {
      await cloud.remove();
    }
  }

  async #playEdge(recording: Recording): Promise<Transcript> {
    const { ScratchEdge } = await import('../setup/scratch-edge.ts');
    const { EdgePlayer } = await import('../conformance/edge-player.ts');
    const { quietUi } = await import('../cli/ui.ts');
    this.ui.line(
      `Joining an edge to the recorded cloud of KubeEdge ${recording.version}, and playing ${recording.frames.length} messages …`,
    );
    const edge = await ScratchEdge.make(quietUi(this.ui));
    try {
      return await new EdgePlayer(recording, edge, this.interrupted).play();
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
