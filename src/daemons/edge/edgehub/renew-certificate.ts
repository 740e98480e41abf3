import { KedgeError } from '../../../kernel/errors.ts';
import { isIssuedBy } from '../../../pki/certificate-info.ts';
import { createCsr } from '../../../pki/csr.ts';
import type { KeyPair } from '../../../pki/key-pair.ts';
import { createKeyPem, isPair } from '../../../pki/key-pair.ts';
import { derToPem } from '../../../pki/pem.ts';
import { NODES_GROUP, nodeUser } from '../../../protocol/node-name.ts';
import type { Credentials } from './credentials.ts';
import type { EnrolmentClient } from './enrolment-client.ts';

/**
 * Gets a certificate with a new key by the one that the edge has, as KubeEdge rotates them (reference/https.md §3). Writes nothing: until
 * the new pair is stored the old one goes on, and asking again is free.
 * @throws KedgeError AUTH when the cloud does not take the old one any more, CERTIFICATE, UNREACHABLE
 */
export async function renewCertificate(
  client: EnrolmentClient,
  nodeName: string,
  { caPem, pair }: Pick<Credentials, 'caPem' | 'pair'>,
): Promise<KeyPair> {
  const keyPem = createKeyPem();
  const csr = createCsr({ keyPem, subject: { commonName: nodeUser(nodeName), organizations: [NODES_GROUP] } });
  const renewed = { certPem: derToPem(await client.renewCertificate(nodeName, csr, { caPem, pair }), 'CERTIFICATE'), keyPem };
  if (isPair(renewed) && isIssuedBy(renewed.certPem, caPem)) return renewed;
  throw new KedgeError('CERTIFICATE', 'the cloud answered with a certificate that is not for this key');
}
