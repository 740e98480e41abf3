import { expect } from 'chai';
import { loadConfig } from '../../../src/cli/main.ts';
import { nextSteps } from '../../../src/cli/next-steps.ts';

const { commands } = await loadConfig('./src/commands');
const told = nextSteps(['--home', '/h'], commands);

describe('next steps and --home', () => {
  const cases: [string, string][] = [
    ['kedge start edge', 'kedge start edge --home /h'],
    ['kedge status, then try again', 'kedge status --home /h, then try again'],
    [
      'kedge init cloud or kedge join edge, or name another --home',
      'kedge init cloud --home /h or kedge join edge --home /h, or name another --home',
    ],
    ['kedge device list -A, kedge node list', 'kedge device list -A --home /h, kedge node list --home /h'],
    [
      'kedge device get kitchen -o yaml, or kedge device delete kitchen',
      'kedge device get kitchen -o yaml --home /h, or kedge device delete kitchen --home /h',
    ],
    ['kedge start cloud, or --at edge for what this edge knows', 'kedge start cloud --home /h, or --at edge for what this edge knows'],
    [
      'kedge status edge tells how it is, kedge start edge starts it again.',
      'kedge status edge --home /h tells how it is, kedge start edge --home /h starts it again.',
    ],
    ['kedge token list shows the ids', 'kedge token list --home /h shows the ids'],
    ["kedge mqtt pub '$hw/a b' '{\"x\": 1}'", "kedge mqtt pub '$hw/a b' '{\"x\": 1}' --home /h"],
    ['kedge join edge --cloud HOST:10002 --token TOKEN', 'kedge join edge --cloud HOST:10002 --token TOKEN --home /h'],
    ['run `kedge token create` on the cloud', 'run `kedge token create` on the cloud'],
    ['kedge token create on the cloud makes a new join token', 'kedge token create on the cloud makes a new join token'],
    ['and on the cloud: kedge status', 'and on the cloud: kedge status'],
    ['kedge start cloud --home /other', 'kedge start cloud --home /other'],
    ['install kedge again', 'install kedge again'],
    ['kedge --help', 'kedge --help'],
  ];
  for (const [text, expected] of cases) it(text, () => expect(told(text)).to.equal(expected));

  it('takes the home as it was given, as one word of a shell', () => {
    expect(nextSteps(['status', '--home=a b'], commands)('kedge status')).to.equal("kedge status --home 'a b'");
    expect(nextSteps(['--home', 'a', '--home', 'b'], commands)('kedge status')).to.equal('kedge status --home b');
  });

  it('says nothing of a home that no flag gave', () => {
    expect(nextSteps(['status'], commands)('kedge status')).to.equal('kedge status');
    expect(nextSteps(['mqtt', 'pub', '--', '--home', 'x'], commands)('kedge status')).to.equal('kedge status');
  });
});
