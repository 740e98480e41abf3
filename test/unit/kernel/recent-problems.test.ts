import { expect } from 'chai';
import { createLogger } from '../../../src/kernel/log.ts';
import { RecentProblems } from '../../../src/kernel/recent-problems.ts';

describe('kernel: recent problems', () => {
  it('remembers warnings and errors of the log, counts repetitions, and forgets the oldest', () => {
    const lines: string[] = [];
    const problems = new RecentProblems();
    const log = createLogger(problems.listenTo({ write: (line: string) => void lines.push(line) }), 'debug');
    log.info({}, 'it starts');
    log.child({ module: 'edgehub' }).warn({ err: new Error('refused') }, 'cannot connect');
    log.child({ module: 'edgehub' }).warn({ err: new Error('refused') }, 'cannot connect');
    log.error({ err: 'no disk' }, 'lost');
    expect(lines).to.have.length(4);
    const [first, second] = problems.list();
    expect(first).to.deep.include({ level: 'warn', module: 'edgehub', message: 'cannot connect', error: 'refused', count: 2 });
    expect(second).to.deep.include({ level: 'error', message: 'lost', error: 'no disk', count: 1 }).and.not.have.property('module');
    expect(first?.time).to.match(/^\d{4}-.*Z$/);
    for (let index = 0; index < 50; index += 1) log.warn({}, `number ${index}`);
    expect(problems.list().map(({ message }) => message))
      .to.have.length(20)
      .and.include('number 49')
      .and.not.include('lost');
  });
});
