import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import type { RenewedCertificate } from '../../protocol/admin.ts';

export default class CertRenew extends BaseCommand<typeof CertRenew> {
  static override summary = 'Renew certificates now, each with a new key.';
  static override description =
    'kedge renews its certificates by itself in time; this is for a key that may have become known, and for trying it. A daemon that runs ' +
    'goes over to the new certificate without ending a session. The edge asks its cloud. CAs stay: everything that they signed depends on them.';
  static override examples = ['<%= config.bin %> cert renew', '<%= config.bin %> cert renew edge', '<%= config.bin %> cert renew server'];
  static override args = {
    what: Args.option({
      description: 'a side of this home, or one certificate of its cloud; all of this home if not given',
      options: ['cloud', 'edge', 'server', 'apiserver', 'admin'] as const,
    })({ ignoreStdin: true }),
  };

  override async run(): Promise<RenewedCertificate[]> {
    const { renewCertificates } = await import('../../setup/certificates.ts');
    const renewed = await renewCertificates(this.flags.home, this.args.what);
    return this.show(renewed, () => renewed.map(({ role, name, notAfter }) => `${role}/${name} is good until ${notAfter}`).join('\n'));
  }
}
