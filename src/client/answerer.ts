import { existsSync } from 'node:fs';
import { homePaths } from '../config/home.ts';
import { KedgeError } from '../kernel/errors.ts';
import { ApiError, toKedgeError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import { createKubeClient } from '../kube/http-client.ts';
import { loadCredentials } from '../kube/kubeconfig.ts';
import type { Credentials } from '../kube/credentials.ts';
import { notInstalled } from './admin-client.ts';

export type Side = 'cloud' | 'edge';

/** Who answers a question about devices or nodes: a Kubernetes API, or the edge of this home through its admin socket. */
export type Answerer = { readonly at: 'cloud'; readonly client: KubeClient } | { readonly at: 'edge'; readonly socket: string };

const PROBE_MS = 3_000;

/**
 * Asks whoever can answer: the API of the cloud in this home; else a kubeconfig whose server answers; else the edge in this home, so that
 * reading works offline. `at` forces one side. The client is closed afterwards.
 * @throws KedgeError NOT_INSTALLED when nobody is there, UNREACHABLE when nobody answers, and what the API refuses
 */
export async function ask<R>(home: string, at: Side | undefined, use: (answerer: Answerer) => Promise<R>): Promise<R> {
  const answerer = await findAnswerer(home, at);
  try {
    return await use(answerer);
  } catch (error) {
    throw explain(home, at, answerer, error);
  } finally {
    if (answerer.at === 'cloud') answerer.client.close();
  }
}

/** As `ask`, for what only a Kubernetes API can do. */
export function askApi<R>(home: string, use: (client: KubeClient) => Promise<R>): Promise<R> {
  return ask(home, 'cloud', (answerer) => {
    if (answerer.at === 'edge') throw new KedgeError('BUG', 'an edge was asked for what needs the API');
    return use(answerer.client);
  });
}

async function findAnswerer(home: string, at: Side | undefined): Promise<Answerer> {
  const { cloud, edge } = homePaths(home);
  const hasEdge = existsSync(edge.config);
  const edgeAnswers: Answerer = { at: 'edge', socket: edge.socket };
  if (at === 'edge') {
    if (!hasEdge) throw notInstalled(home, 'edge');
    return edgeAnswers;
  }
  if (existsSync(cloud.config)) return { at: 'cloud', client: createKubeClient(await cloudCredentials(home)) };
  try {
    const credentials = await loadCredentials();
    if (at === undefined && hasEdge) await probe(credentials);
    return { at: 'cloud', client: createKubeClient(credentials) };
  } catch (error) {
    if (at === undefined && hasEdge) return edgeAnswers;
    if (error instanceof KedgeError && error.code === 'NOT_FOUND') throw nobody(home, hasEdge);
    throw error;
  }
}

/** The credentials of the API that the cloud in this home works on: the embedded one's, or the real cluster's. */
export async function cloudCredentials(home: string): Promise<Credentials> {
  const { cloud } = homePaths(home);
  const { loadCloudConfig } = await import('../config/cloud-config.ts');
  return loadCredentials(loadCloudConfig(cloud.config).controlPlane.kubeconfig ?? cloud.adminKubeconfig);
}

async function probe(credentials: Credentials): Promise<void> {
  const client = createKubeClient(credentials, { requestTimeoutMs: PROBE_MS });
  try {
    await client.raw('/version').catch((error: unknown) => {
      // A refusal is an answer, too.
      if (!(error instanceof ApiError)) throw error;
    });
  } finally {
    client.close();
  }
}

function nobody(home: string, hasEdge: boolean): KedgeError {
  if (hasEdge) {
    return new KedgeError('UNREACHABLE', `this needs the Kubernetes API, and ${home} holds only an edge`, {
      hint: 'run it where the cloud is, or name a kubeconfig with KUBECONFIG',
    });
  }
  return new KedgeError('NOT_INSTALLED', `there is no cloud and no edge in ${home}, and no kubeconfig`, {
    hint: 'kedge init cloud, or name another --home, or a kubeconfig with KUBECONFIG',
  });
}

function explain(home: string, at: Side | undefined, answerer: Answerer, error: unknown): unknown {
  if (answerer.at === 'edge') return error;
  if (error instanceof ApiError) {
    const kindIsMissing = error.code === 404 && !error.status.details?.name;
    return kindIsMissing
      ? new KedgeError('NOT_FOUND', error.message, { hint: 'kedge init cloud installs the kinds of KubeEdge' })
      : toKedgeError(error);
  }
  const { cloud, edge } = homePaths(home);
  if (!(error instanceof KedgeError) || error.code !== 'UNREACHABLE' || !existsSync(cloud.config)) return error;
  const hint = `kedge start cloud${at === undefined && existsSync(edge.config) ? ', or --at edge for what this edge knows' : ''}`;
  return new KedgeError('UNREACHABLE', `the API of the cloud in ${home} does not answer`, { hint, cause: error });
}
