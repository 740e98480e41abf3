import { expect } from 'chai';
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
