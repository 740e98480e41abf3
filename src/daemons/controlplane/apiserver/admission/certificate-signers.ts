import { parseCsr } from '../../../../pki/csr.ts';
import { pemToDer } from '../../../../pki/pem.ts';
import { RESOURCES, type CertificateSigningRequest, type KubeObject } from '../../../../protocol/kubernetes.ts';
import { semanticEqual } from '../schema/semantic-equal.ts';
import { forbidden, groupResource } from '../status-error.ts';
import type { AdmissionRequest } from './admission.ts';

const REQUESTS = groupResource(RESOURCES.certificateSigningRequest);

/**
 * Who may write to requests of certificates does not thereby decide for every signer: that takes the verb `approve`, or `sign` for a certificate and
 * for conditions, on `signers` of that name or of its domain (`example.com/*`). Kubernetes' admission plugins CertificateApproval and CertificateSigning.
 */
export function restrictCertificates({ operation, target, user, context, object, old }: AdmissionRequest): void {
  const { resource } = target.entry;
  if (operation !== 'UPDATE' || groupResource(resource) !== REQUESTS) return;
  const verb = verbOf(target.subresource, object, old);
  if (verb === undefined) return;
  const { signerName } = (old as CertificateSigningRequest).spec;
  const { group, version } = resource;
  const names = [signerName, `${signerName.split('/')[0] ?? ''}/*`];
  const isAllowed = names.some((name) => {
    const signers = { group, version, plural: 'signers', subresource: '', namespace: '', name };
    return context.authorizer.authorize({ user, verb, resource: signers }).allowed;
  });
  if (isAllowed) return;
  throw forbidden(resource, target.name, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`);
}

const [CLIENTS, MASTERS] = ['kubernetes.io/kube-apiserver-client', 'system:masters'];

/** Nobody gets a certificate that nothing can stop again. Kubernetes' admission plugin CertificateSubjectRestriction. */
export function restrictSubjects({ operation, target, object }: AdmissionRequest): void {
  const { resource } = target.entry;
  if (operation !== 'CREATE' || groupResource(resource) !== REQUESTS) return;
  const { signerName = '', request = '' } = (object as Partial<CertificateSigningRequest> | undefined)?.spec ?? {};
  if (signerName !== CLIENTS || !organizationsOf(request).includes(MASTERS)) return;
  throw forbidden(resource, target.name || (object?.metadata.name ?? ''), `use of ${CLIENTS} signer with ${MASTERS} group is not allowed`);
}

/** None of what is no request: that is refused as such. */
function organizationsOf(request: string): readonly string[] {
  try {
    return parseCsr(pemToDer(Buffer.from(request, 'base64').toString('latin1'))).organizations;
  } catch {
    return [];
  }
}

function verbOf(subresource: string, object: KubeObject | undefined, old: KubeObject | undefined): 'approve' | 'sign' | undefined {
  if (subresource === 'approval') return 'approve';
  if (subresource !== 'status') return undefined;
  const [next, before] = [object, old].map((each) => (each as CertificateSigningRequest | undefined)?.status);
  const isSame = next?.certificate === before?.certificate && semanticEqual(next?.conditions, before?.conditions);
  return isSame ? undefined : 'sign';
}
