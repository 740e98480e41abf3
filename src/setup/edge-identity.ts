import { readFile, rm } from 'node:fs/promises';
import type { EdgePaths } from '../config/home.ts';
import { KedgeError, systemCode } from '../kernel/errors.ts';
import { writeSecretFile } from '../kernel/secret-file.ts';
import { certificateInfo, isIssuedBy } from '../pki/certificate-info.ts';
import { createCsr } from '../pki/csr.ts';
import { caHash } from '../pki/join-token.ts';
import type { JoinToken } from '../pki/join-token.ts';
import { readKeyPair } from '../pki/key-pair-file.ts';
import type { KeyPair } from '../pki/key-pair.ts';
import { createKeyPem, isPair, readPrivateKey } from '../pki/key-pair.ts';
import { derToPem, pemToDer } from '../pki/pem.ts';
import { NODES_GROUP, nodeUser } from '../protocol/node-name.ts';
import type { CloudAnswer, EnrolmentClient } from '../daemons/edge/edgehub/enrolment-client.ts';

/** What an edge shows to the cloud, and by what it knows the cloud. */
export interface EdgeIdentity extends KeyPair {
  readonly caPem: string;
}

/** The certificate as it lies in the home, if it is one for this node today. */
export async function validIdentity({ caCert, server }: EdgePaths, nodeName: string): Promise<EdgeIdentity | undefined> {
  const caPem = await readText(caCert);
  try {
    const pair = await readKeyPair(server);
    if (caPem === undefined || pair === undefined) return undefined;
    const { commonName, notAfter } = certificateInfo(pair.certPem);
    const fits = commonName === nodeUser(nodeName) && isIssuedBy(pair.certPem, caPem);
    return fits && notAfter.getTime() > Date.now() ? { caPem, ...pair } : undefined;
  } catch (error) {
    if (error instanceof KedgeError && error.code === 'CERTIFICATE') return undefined;
    throw error;
  }
}

/**
 * Makes sure that a token is for the cloud that this edge has a certificate of, if it has one.
 * @throws KedgeError CONFLICT
 */
export async function checkSameCloud({ caCert, server, dir }: EdgePaths, token: JoinToken): Promise<void> {
  const [ca, certificate] = await Promise.all([readText(caCert), readText(server.cert)]);
  if (ca === undefined || certificate === undefined || caHash(pemToDer(ca)) === token.caHash) return;
  throw new KedgeError('CONFLICT', `the edge in ${dir} has joined another cloud`, {
    hint: 'choose another --home for this cloud, or move that folder away',
  });
}

/**
 * Gets a certificate for a key that is on disk before anything is sent: whenever this is interrupted, the next try asks for the same
 * key, which the cloud answers without taking another use of the token.
 */
export async function enrol(paths: EdgePaths, client: EnrolmentClient, nodeName: string, jwt: string): Promise<CloudAnswer> {
  const keyPem = await ensureKey(paths);
  const caPem = (await readText(paths.caCert)) ?? '';
  const csr = createCsr({ keyPem, subject: { commonName: nodeUser(nodeName), organizations: [NODES_GROUP] } });
  const answer = await client.requestCertificate(nodeName, jwt, csr, caPem);
  const certPem = derToPem(answer.body, 'CERTIFICATE');
  if (!isPair({ certPem, keyPem }) || !isIssuedBy(certPem, caPem)) {
    throw new KedgeError('CERTIFICATE', 'the cloud answered with a certificate that is not for this key');
  }
  await writeSecretFile(paths.server.cert, certPem);
  return answer;
}

async function ensureKey({ server }: EdgePaths): Promise<string> {
  const present = await readText(server.key);
  if (present !== undefined && isPrivateKey(present)) return present;
  const keyPem = createKeyPem();
  await rm(server.cert, { force: true });
  await writeSecretFile(server.key, keyPem);
  return keyPem;
}

function isPrivateKey(pem: string): boolean {
  try {
    readPrivateKey(pem);
    return true;
  } catch {
    return false;
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new KedgeError('PERMISSION', `${path} cannot be read`, { cause: error });
  }
}
