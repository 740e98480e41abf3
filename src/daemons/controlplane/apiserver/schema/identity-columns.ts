import { RESOURCES, type ApiResource, type CertificateSigningRequest, type KubeObject } from '../../../../protocol/kubernetes.ts';
import { AGE_COLUMN, at, column, NAME_COLUMN, valueAt, type Column } from './column.ts';
import { humanDuration } from './human-duration.ts';

/** The columns of ServiceAccounts and certificate requests. */
export const IDENTITY_COLUMNS: readonly (readonly [ApiResource, readonly Column[]])[] = [
  [
    RESOURCES.serviceAccount,
    [NAME_COLUMN, { ...column('Secrets', 'How many Secrets the account names.', secrets), type: 'integer' }, AGE_COLUMN],
  ],
  [
    RESOURCES.certificateSigningRequest,
    [
      NAME_COLUMN,
      AGE_COLUMN,
      column('SignerName', 'Who is to sign.', at('spec', 'signerName')),
      column('Requestor', 'Who asks.', at('spec', 'username')),
      column('RequestedDuration', 'For how long.', requestedDuration),
      column('Condition', 'What has been decided, and done.', conditions),
    ],
  ],
];

function secrets(account: KubeObject): number {
  const names = valueAt(account, 'secrets');
  return Array.isArray(names) ? names.length : 0;
}

function requestedDuration(object: KubeObject): string {
  const { expirationSeconds } = (object as CertificateSigningRequest).spec;
  return expirationSeconds === undefined ? '<none>' : humanDuration(expirationSeconds * 1000);
}

/** `Pending`, or the decisions, and `Issued` when there is a certificate. */
function conditions(object: KubeObject): string {
  const { conditions: all = [], certificate = '' } = (object as CertificateSigningRequest).status ?? {};
  const has = (type: string): boolean => all.some((condition) => condition.type === type);
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [decision, ...(has('Failed') ? ['Failed'] : []), ...(certificate === '' ? [] : ['Issued'])].join(',');
}
