import { messageOf, systemCode } from './errors.ts';

/** Why a peer could not be reached, in words for people; what needs no translation is said as it came. */
export function networkReason(error: unknown): string {
  const code = systemCode(error) ?? '';
  const { hostname = 'the host name' } = error as { hostname?: string };
  if (code === 'ENOTFOUND') return `the name ${hostname} cannot be resolved: DNS does not know it (ENOTFOUND)`;
  if (code === 'EAI_AGAIN') return `the name ${hostname} cannot be resolved: no DNS server answers (EAI_AGAIN)`;
  if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED') {
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    return `${messageOf(error)}; this machine's clock says ${now}, is that right?`;
  }
  return messageOf(error) || code;
}
