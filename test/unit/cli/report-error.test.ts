import { expect } from 'chai';
import fc from 'fast-check';
import { describeError } from '../../../src/cli/report-error.ts';
import { closest } from '../../../src/cli/suggest.ts';
import { ERROR_TABLE, KedgeError } from '../../../src/kernel/errors.ts';
import type { ErrorCode } from '../../../src/kernel/errors.ts';
import { ApiError } from '../../../src/kube/api-error.ts';

const invocation = { argv: [], command: { words: 'device get', flags: ['home'] } };

describe('what is told of a failure', () => {
  it('has a next step for every code', () => {
    for (const code of Object.keys(ERROR_TABLE) as ErrorCode[]) {
      const { hint, status } = describeError(new KedgeError(code, 'it failed'), invocation);
      expect(hint, code).to.match(/\w/).and.not.contain('COMMAND');
      expect(status).to.equal(ERROR_TABLE[code].exit);
    }
  });

  it('prefers what the error itself proposes', () => {
    const error = new KedgeError('UNREACHABLE', 'no answer', { hint: 'kedge start cloud', cause: new Error('connection refused') });
    expect(describeError(error, invocation)).to.deep.equal({
      code: 'UNREACHABLE',
      message: 'no answer',
      cause: 'connection refused',
      hint: 'kedge start cloud',
      status: 6,
    });
  });

  it('says a cause once', () => {
    const error = new KedgeError('INVALID_INPUT', 'cannot read x: it is a folder', { cause: new Error('it is a folder') });
    expect(describeError(error, invocation)).not.to.have.property('cause');
  });

  it('knows the refusals of the API, and calls the rest a bug', () => {
    const gone = new ApiError(404, { reason: 'NotFound', message: 'nodes "a" not found' } as never, 'get node a');
    expect(describeError(gone, invocation)).to.include({ code: 'NOT_FOUND', status: 3 });
    expect(describeError(new TypeError('x is not a function'), invocation)).to.include({ code: 'BUG', status: 1 });
  });
});

describe('what oclif complains about', () => {
  const complaint = (message: string): Error => Object.assign(new Error(message), { oclif: { exit: 2 } });
  const told = (message: string): string => describeError(complaint(`${message}\nSee more help with --help`), invocation).message;

  it('names all missing flags, without the colours of a terminal', () => {
    const dim = (text: string): string => `\u001b[2m${text}\u001b[22m`;
    expect(told(`The following error occurred:\n  ${dim('Missing required flag replay')}`)).to.equal('--replay is missing');
    const all = ['a', 'b', 'c'].map((name) => `Missing required flag ${name}`).join('\n  ');
    expect(told(`The following errors occurred:\n  ${dim(all)}`)).to.equal('--a, --b and --c are missing');
  });

  it('keeps what else is wrong', () => {
    const facts =
      'The following errors occurred:\n  Missing required flag side\n  All of the following must be provided when using --cloud: --token-file';
    expect(told(facts)).to.equal('--side is missing\n  All of the following must be provided when using --cloud: --token-file');
  });
});

describe('a command that does not exist', () => {
  const commands = ['completion', 'device get', 'device get-twin', 'device list', 'device model get', 'device watch', 'status'];
  const hintFor = (typed: string): string =>
    describeError(Object.assign(new Error(`command ${typed.replaceAll(' ', ':')} not found`), { oclif: { exit: 2 } }), {
      argv: typed.split(' '),
      commands,
    }).hint;

  const cases: [string, string][] = [
    ['device wach x', 'kedge device watch x'],
    ['device wach', 'kedge device watch'],
    ['devise modl get x', 'kedge device model get x'],
    ['device get-twn kitchen', 'kedge device get-twin kitchen'],
    ['device model frob x', 'kedge device model --help'],
    ['device frob x y', 'kedge device --help'],
    ['frob x', 'kedge --help'],
    ['stats edge', 'kedge status edge'],
    ['device wach $(x)', 'kedge device watch'],
  ];
  for (const [typed, hint] of cases) it(`${typed}: ${hint}`, () => expect(hintFor(typed)).to.equal(hint));

  it('is never answered with another one', () => {
    const word = fc.constantFrom(
      'device',
      'devise',
      'model',
      'get',
      'get-twin',
      'watch',
      'wach',
      'list',
      'frob',
      'x',
      'status',
      'completion',
    );
    const topics = ['', 'device', 'device model'];
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (typed) => {
        const hint = hintFor(typed.join(' ')).replace(/^kedge ?/, '');
        const help = / ?--help$/.test(hint) ? hint.replace(/ ?--help$/, '') : undefined;
        if (help !== undefined && topics.includes(help)) return;
        expect(
          commands.some((command) => (help ?? `${hint} `).startsWith(help === undefined ? `${command} ` : command)),
          hint,
        ).to.equal(true);
      }),
    );
  });
});

describe('did you mean', () => {
  const verbs = ['list', 'get', 'delete', 'namespace', 'start'];
  const cases: [string, string | undefined][] = [
    ['lst', 'list'],
    ['namspcae', undefined],
    ['namesapce', 'namespace'],
    ['delte', 'delete'],
    ['stat', 'start'],
    ['frob', undefined],
    ['', undefined],
  ];
  for (const [typed, meant] of cases)
    it(`${typed || 'nothing'}: ${meant ?? 'no guess'}`, () => expect(closest(typed, verbs)).to.equal(meant));
});
