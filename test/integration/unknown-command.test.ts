import { expect } from 'chai';
import { BIN, run } from '../helpers/kedge.ts';
import type { Ran } from '../helpers/kedge.ts';

const kedge = (line: string): Promise<Ran> => run(process.execPath, [BIN, ...line.split(' ')]);

describe('a command line that means nothing', function () {
  this.timeout(60_000);
  const cases: [string, string, string][] = [
    ['frob', 'there is no command frob', 'kedge --help'],
    ['device frob', 'there is no command device frob', 'kedge device --help'],
    ['device model frob', 'there is no command device model frob', 'kedge device model --help'],
    ['devcie list', 'there is no command devcie list', 'kedge device list'],
    ['device wach x', 'there is no command device wach', 'kedge device watch x'],
    ['device frob x y', 'there is no command device frob', 'kedge device --help'],
    ['frob device list', 'there is no command frob', 'kedge --help'],
    ['device list kitchen', 'device list takes no argument kitchen', 'kedge device list --help'],
    ['device list --namespce x', 'there is no flag --namespce', '--namespace'],
    ['device list --frob', 'there is no flag --frob', 'kedge device list --help'],
    ['conformance', '--replay and --side are missing', 'kedge conformance --help'],
    ['conformance --side cloud', '--replay is missing', 'kedge conformance --help'],
    ['backup', 'FOLDER is missing: A folder that is empty or not there yet.', 'kedge backup --help'],
    ['token create --uses many', '--uses: Expected an integer but received: many', 'kedge token create --help'],
  ];
  for (const [line, message, next] of cases) {
    it(`${line}: says so as it was typed, and what to try`, async () => {
      const { status, stdout, stderr } = await kedge(line);
      expect({ status, stdout, stderr }).to.deep.equal({
        status: 2,
        stdout: '',
        stderr: `error USAGE: ${message}\n  Try: ${next}\n`,
      });
    });
  }

  it('is told as JSON where JSON is wanted', async () => {
    const { status, stdout, stderr } = await kedge('device list --frob -o json');
    expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' });
    expect(JSON.parse(stderr)).to.deep.equal({
      error: { code: 'USAGE', message: 'there is no flag --frob', hint: 'kedge device list --help' },
    });
  });
});
