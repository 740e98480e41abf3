import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { KedgeError } from '../../kernel/errors.ts';
import type { AddedNames } from '../../protocol/admin.ts';

export default class CertAddSan extends BaseCommand<typeof CertAddSan> {
  static override summary = 'Let edges reach the cloud under more names.';
  static override description =
    "Adds IP addresses or host names to the certificate of the cloud's servers and to its advertise addresses. A cloud that runs goes over to " +
    'the new certificate without ending a session.';
  static override examples = ['<%= config.bin %> cert add-san cloud.example.org', '<%= config.bin %> cert add-san 203.0.113.7 2001:db8::7'];
  static override args = {
    hosts: Args.string({ ignoreStdin: true, multiple: true, description: 'IP addresses or host names' }),
  };

  override async run(): Promise<AddedNames> {
    const { hosts = [] } = this.args;
    if (hosts.length === 0) throw new KedgeError('USAGE', 'no name is given', { hint: 'kedge cert add-san cloud.example.org' });
    const { addNames } = await import('../../setup/certificates.ts');
    const added = await addNames(this.flags.home, hosts);
    return this.show(added, () => `the cloud is known as ${added.names.join(', ')}${added.changed ? '' : ', as it was'}`);
  }
}
