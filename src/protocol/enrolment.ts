import * as v from 'valibot';

/** Where KubeEdge's cloud keeps its secrets. */
export const KUBEEDGE_NAMESPACE = 'kubeedge';

/** The Secret there that holds one record of the cloud: of a token by its id, of a node by its name. */
export function recordSecretName(kind: 'token' | 'node', id: string): string {
  return `kedge-${kind}-${id}`;
}

/** What the cloud remembers of a join token, in a Secret; never the token itself. */
export const tokenSecretSchema = v.object({
  createdAt: v.string(),
  expiresAt: v.string(),
  /** How many enrolments it is good for; 0 for any number. */
  uses: v.number(),
  used: v.number(),
  /** What limited uses were spent on, `node/spkiSha256`: the same key asking again for the same name costs nothing. */
  spentOn: v.array(v.string()),
  nodeName: v.exactOptional(v.string()),
});
export type TokenSecret = v.InferOutput<typeof tokenSecretSchema>;

/** One certificate that an edge holds. */
export const nodeCertificateSchema = v.object({
  /** Lower-case hex. */
  serial: v.string(),
  /** RFC 3339. */
  notAfter: v.string(),
  /** Of its public key, hex. */
  spkiSha256: v.string(),
});
export type NodeCertificate = v.InferOutput<typeof nodeCertificateSchema>;

/** The certificates of one node that CloudHub accepts, oldest first, in a Secret. */
export const nodeCertificatesSchema = v.object({ certificates: v.array(nodeCertificateSchema) });
export type NodeCertificates = v.InferOutput<typeof nodeCertificatesSchema>;
