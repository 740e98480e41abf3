import { expect } from 'chai';
import { splitWords } from '../../../src/cli/split-words.ts';

describe('the words of EDITOR', () => {
  const cases: [string, string[]][] = [
    ['vi', ['vi']],
    ['  code   --wait ', ['code', '--wait']],
    [`sed -i 's/a b/c d/'`, ['sed', '-i', 's/a b/c d/']],
    [String.raw`/opt/my\ editor/run -x`, ['/opt/my editor/run', '-x']],
    [`"/opt/my editor/run" --title="a \\"b\\""`, ['/opt/my editor/run', '--title=a "b"']],
    ['vi; rm -rf $HOME', ['vi;', 'rm', '-rf', '$HOME']],
    [`''`, ['']],
    ['', []],
  ];
  for (const [text, words] of cases) it(text || 'nothing', () => expect(splitWords(text)).to.deep.equal(words));

  it('refuses a quote that does not end', () => {
    expect(() => splitWords(`code 'wait`)).to.throw('does not end');
  });
});
