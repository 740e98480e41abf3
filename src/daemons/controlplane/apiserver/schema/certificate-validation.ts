import type { CertificateSigningRequest, KubeObject } from '../../../../protocol/kubernetes.ts';
import { certificateInfo } from '../../../../pki/certificate-info.ts';
import { parseCsr } from '../../../../pki/csr.ts';
import { pemToDer } from '../../../../pki/pem.ts';
import { messageOf } from '../../../../kernel/errors.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { dnsSubdomain } from './name-rules.ts';

type Status = NonNullable<CertificateSigningRequest['status']>;

const CONDITIONS = ['Approved', 'Denied', 'Failed'];
const MAX_SIGNER_NAME = 571;
const MIN_EXPIRATION_SECONDS = 600;

/** A request must be one that can be read and whose sender has the key (PKCS#10), for a signer with a full name. */
export function validateCertificateSigningRequest(object: KubeObject, old?: KubeObject): FieldError[] {
  const { spec, status } = object as Partial<CertificateSigningRequest>;
  const { request = '', signerName = '', usages = [], expirationSeconds } = spec ?? {};
  return [
    ...requestErrors(request),
    ...(usages.length === 0 ? [required('spec.usages', 'usages must be provided')] : []),
    ...usages.filter((usage, index) => usages.indexOf(usage) < index).map((usage) => duplicate('spec.usages', usage)),
    ...signerErrors(signerName, 'spec.signerName'),
    ...(expirationSeconds !== undefined && expirationSeconds < MIN_EXPIRATION_SECONDS
      ? [invalid('spec.expirationSeconds', expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)')]
      : []),
    ...conditionErrors(status?.conditions ?? []),
    ...certificateErrors(status?.certificate),
    ...(old === undefined ? [] : updateErrors(status ?? {}, (old as CertificateSigningRequest).status ?? {})),
  ];
}

/** A decision stays, and so does a certificate. */
function updateErrors(next: Status, old: Status): FieldError[] {
  const types = next.conditions?.map(({ type }) => type) ?? [];
  const removed = old.conditions?.map(({ type }) => type).filter((type) => !types.includes(type)) ?? [];
  const errors = removed.map((type) => forbidden('status.conditions', `updates may not remove a condition of type "${type}"`));
  if (old.certificate === undefined || next.certificate === old.certificate) return errors;
  return [...errors, forbidden('status.certificate', 'updates may not set certificate content once it is set')];
}

function certificateErrors(certificate: string | undefined): FieldError[] {
  if (certificate === undefined) return [];
  try {
    certificateInfo(Buffer.from(certificate, 'base64').toString('latin1'));
    return [];
  } catch {
    return [invalid('status.certificate', '<certificate data>', 'must contain at least one CERTIFICATE PEM block')];
  }
}

function requestErrors(request: string): FieldError[] {
  if (request === '') return [required('spec.request')];
  try {
    parseCsr(pemToDer(Buffer.from(request, 'base64').toString('latin1')));
    return [];
  } catch (error) {
    return [invalid('spec.request', '<request>', messageOf(error))];
  }
}

/** The full name of a signer of certificates: `example.com/signer`. */
export function signerErrors(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  const [domain = '', path = '', ...more] = name.split('/');
  if (path === '' || more.length > 0)
    return [invalid(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  if (name.length > MAX_SIGNER_NAME) return [invalid(field, name, `must be no more than ${MAX_SIGNER_NAME} characters`)];
  return [...dnsSubdomain(domain), ...dnsSubdomain(path)].map((detail) => invalid(field, name, detail));
}

function conditionErrors(conditions: NonNullable<Status['conditions']>): FieldError[] {
  const types = conditions.map(({ type }) => type);
  const both = types.includes('Approved') && types.includes('Denied');
  return [
    ...types.filter((type) => !CONDITIONS.includes(type)).map((type) => notSupported('status.conditions.type', type, CONDITIONS)),
    ...(both ? [forbidden('status.conditions', 'Approved and Denied conditions are mutually exclusive')] : []),
  ];
}
