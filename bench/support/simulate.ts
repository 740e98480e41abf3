import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { homePaths } from '../../src/config/home.ts';
import type { SimResult } from '../../src/sim/sample.ts';
import { Installation, succeed } from '../../test/helpers/installation.ts';
import { BIN, kedge, plainEnvironment } from '../../test/helpers/kedge.ts';

export interface SimulateOptions {
  readonly edges: number;
  readonly devices?: number;
  /** From the moment that everything is there. */
  readonly seconds: number;
  /** Runs at that moment. */
  readonly during?: (cloud: Installation) => Promise<void>;
}

/** Runs `kedge sim` on a new cloud that has nothing else. */
export async function simulate({ edges, devices = 0, seconds, during }: SimulateOptions): Promise<SimResult> {
  const cloud = await Installation.create({ join: false });
  try {
    await raiseLimit(cloud, edges);
    const args = ['sim', '--edges', String(edges), '--devices', String(devices), '--duration', `${seconds}s`, '-o', 'json', '--keep'];
    const child = spawn(process.execPath, [BIN, ...args], { env: plainEnvironment({ KEDGE_HOME: cloud.home }) });
    let [stdout, stderr] = ['', ''];
    let begun: Promise<void> | undefined;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-10_000);
      if (stderr.includes(` ${edges}/${edges} Ready`)) begun ??= during?.(cloud);
    });
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    await begun;
    if (status !== 0) throw new Error(`kedge sim ended with ${String(status)}\n${stderr}`);
    return JSON.parse(stdout) as SimResult;
  } finally {
    await cloud.remove();
  }
}

/** KubeEdge's limit of nodes, and kedge's, is 1,000 unless configured. */
async function raiseLimit(cloud: Installation, edges: number): Promise<void> {
  const path = homePaths(cloud.home).cloud.config;
  const config = parse(await readFile(path, 'utf8')) as { cloudHub: Record<string, unknown> };
  await writeFile(path, stringify({ ...config, cloudHub: { ...config.cloudHub, nodeLimit: Math.max(1_000, edges) } }));
  await succeed(kedge(['restart', 'cloud'], { home: cloud.home }));
}
