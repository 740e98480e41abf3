import { BaseCommand } from '../../cli/base-command.ts';
import { objectOutput } from '../../cli/flags.ts';
import { table } from '../../cli/table.ts';
import type { Column } from '../../cli/table.ts';
import { colorsFor } from '../../cli/ui.ts';
import type { CertificateRow } from '../../client/certificates.ts';

export default class CertList extends BaseCommand<typeof CertList> {
  static override summary = 'List the certificates of this home and how long they are good.';
  static override description =
    'Reads the files, so no daemon has to run. A certificate is marked in its last 30 days (warning) and its last 7 (urgent), or in the last ' +
    'fifth and tenth of its life where that is less. kedge renews its own before; what is marked was kept from it.';
  static override examples = ['<%= config.bin %> cert list', '<%= config.bin %> cert list -o json'];
  static override flags = { output: objectOutput };

  override async run(): Promise<CertificateRow[]> {
    const { listCertificates } = await import('../../client/certificates.ts');
    const { notInstalled } = await import('../../client/admin-client.ts');
    const { homePaths } = await import('../../config/home.ts');
    const paths = homePaths(this.flags.home);
    const rows = listCertificates(paths);
    if (rows.length === 0) throw notInstalled(paths.home, 'cloud or edge');
    for (const row of rows) this.#warn(row);
    return this.show(rows, (format) => {
      if (format === 'name') return rows.map(({ role, name }) => `${role}/${name}`).join('\n');
      return table(rows, this.#columns(format === 'wide'));
    });
  }

  #columns(wide: boolean): Column<CertificateRow>[] {
    return [
      { title: 'ROLE', value: ({ role }) => role },
      { title: 'NAME', value: ({ name }) => name },
      { title: 'DAYS LEFT', value: ({ daysLeft }) => daysLeft },
      { title: 'EXPIRES', value: ({ notAfter }) => notAfter },
      ...(wide
        ? [
            { title: 'SUBJECT', value: ({ subject }: CertificateRow) => subject },
            { title: 'NAMES', value: ({ names = [] }: CertificateRow) => (names.length === 0 ? undefined : names.join(',')) },
            { title: 'PATH', value: ({ path }: CertificateRow) => path },
          ]
        : []),
      { title: 'STATE', value: ({ state }) => state, paint: (text, { state }) => this.#paint(text, state) },
    ];
  }

  #paint(text: string, state: CertificateRow['state']): string {
    const { green, yellow, red } = colorsFor(process.stdout, this.flags['no-color']);
    if (state === 'ok') return green(text);
    return state === 'warning' ? yellow(text) : red(text);
  }

  #warn({ role, name, state, notAfter = '', path }: CertificateRow): void {
    const said = {
      ok: undefined,
      warning: `ends at ${notAfter}`,
      urgent: `ends soon, at ${notAfter}`,
      expired: `expired at ${notAfter}`,
      missing: `is missing: ${path}`,
      unreadable: `cannot be read: ${path}`,
    }[state];
    if (said !== undefined) this.ui.line(`${this.ui.colors.yellow('warning:')} certificate ${name} of the ${role} ${said}`);
  }
}
