import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { sleep } from '../../../kernel/clock.ts';
import { KedgeError } from '../../../kernel/errors.ts';
import type { Scope } from '../../../kernel/module.ts';
import { isAlreadyExists, isConflict } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';

/** Says which template a CRD was made from: the API adds defaults, so that the objects themselves cannot be compared. */
const TEMPLATE_HASH = 'kedge.io/template-hash';
const ESTABLISH_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
const MAX_ATTEMPTS = 5;

interface Crd extends KubeObject {
  spec: { versions: { name: string; served: boolean }[] };
  status?: { conditions?: { type: string; status: string }[] };
}

/** Installs or updates the CRDs of a folder and waits until the API serves them. Safe to run again. */
export async function applyCrds(kube: KubeClient, dir: string, scope: Scope): Promise<void> {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.yaml')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(dir, file), 'utf8')));
  const names = await Promise.all(texts.map((text) => applyCrd(kube, text, scope)));
  await Promise.all(names.map((name) => established(kube, name, scope.signal)));
}

async function applyCrd(kube: KubeClient, text: string, scope: Scope): Promise<string> {
  const template = parse(text) as Crd;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
  const annotations = { ...template.metadata.annotations, [TEMPLATE_HASH]: hash };
  const wanted: Crd = { ...template, metadata: { ...template.metadata, annotations } };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const done = await createOrUpdate(kube, wanted, hash);
      if (done !== undefined) scope.log.info({ crd: wanted.metadata.name }, done);
      return wanted.metadata.name;
    } catch (error) {
      // Another cloud of the same cluster, or the API itself, was faster.
      if (attempt >= MAX_ATTEMPTS || !(isConflict(error) || isAlreadyExists(error))) throw error;
    }
  }
}

async function createOrUpdate(kube: KubeClient, wanted: Crd, hash: string): Promise<string | undefined> {
  const present = await read(kube, wanted.metadata.name);
  if (present === undefined) {
    await kube.create(RESOURCES.crd, wanted);
    return 'installed a CRD';
  }
  if (!needsUpdate(present, wanted, hash)) return undefined;
  const metadata = {
    ...present.metadata,
    labels: { ...present.metadata.labels, ...wanted.metadata.labels },
    annotations: { ...present.metadata.annotations, ...wanted.metadata.annotations },
  };
  await kube.update<Crd>(RESOURCES.crd, { ...present, metadata, spec: wanted.spec });
  return 'updated a CRD';
}

/** What KubeEdge itself installed is left alone as long as it serves every version that kedge needs. */
function needsUpdate(present: Crd, wanted: Crd, hash: string): boolean {
  const madeFrom = present.metadata.annotations?.[TEMPLATE_HASH];
  if (madeFrom !== undefined) return madeFrom !== hash;
  const served = (crd: Crd): string[] => crd.spec.versions.filter((version) => version.served).map((version) => version.name);
  return served(wanted).some((version) => !served(present).includes(version));
}

async function established(kube: KubeClient, name: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + ESTABLISH_TIMEOUT_MS;
  for (;;) {
    const crd = await read(kube, name);
    if (crd?.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true) return;
    if (performance.now() > deadline)
      throw new KedgeError('TIMEOUT', `the API does not serve ${name} yet, 30 s after its CRD was installed`);
    await sleep(POLL_MS, signal);
  }
}

function read(kube: KubeClient, name: string): Promise<Crd | undefined> {
  return unlessMissing(kube.get<Crd>(RESOURCES.crd, name));
}
