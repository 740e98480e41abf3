import { expect } from 'chai';
import { MovingLine, Redraw } from '../../../src/cli/redraw.ts';

const ESC = '\u001b';

describe('cli: redraw', () => {
  it('puts a text in the place of the one before and clears only what is left over', () => {
    const written: string[] = [];
    const redraw = new Redraw({ rows: 10, columns: 20, write: (text) => written.push(text) });
    redraw.draw('one\ntwo\nthree');
    redraw.draw('four');
    expect(written).to.deep.equal([`\rone${ESC}[K\ntwo${ESC}[K\nthree${ESC}[K\n${ESC}[J`, `${ESC}[3A\rfour${ESC}[K\n${ESC}[J`]);
  });

  it('cuts what does not fit, so that no line takes two, and ends its colour', () => {
    const written: string[] = [];
    const redraw = new Redraw({ rows: 3, columns: 6, write: (text) => written.push(text) });
    redraw.draw(`${ESC}[31mexact!${ESC}[39m\n${ESC}[31mtoo long${ESC}[39m\nunseen`);
    expect(written[0]).to.equal(`\r${ESC}[31mexact!${ESC}[39m${ESC}[K\n${ESC}[31mtoo lo${ESC}[0m${ESC}[K\n${ESC}[J`);
  });
});

describe('cli: a moving line', () => {
  const begin = `\r${ESC}[K`;

  it('stays off the last column, and what follows has a line of its own', () => {
    const written: string[] = [];
    const line = new MovingLine({ columns: 8, write: (text) => written.push(text) });
    line.draw(`${ESC}[36m*${ESC}[39m 1 of 2000`);
    line.draw('seven..');
    line.end();
    line.end();
    expect(written).to.deep.equal([`${begin}${ESC}[36m*${ESC}[39m 1 of ${ESC}[0m`, `${begin}seven..`, '\n']);
  });

  it('ends with a text in its place, as long as that is', () => {
    const written: string[] = [];
    const line = new MovingLine({ columns: 8, write: (text) => written.push(text) });
    line.draw('working');
    line.end('done, and more to say');
    line.end();
    expect(written).to.deep.equal([`${begin}working`, `${begin}done, and more to say\n`]);
  });

  it('that was never shown leaves nothing', () => {
    const written: string[] = [];
    new MovingLine({ columns: 8, write: (text) => written.push(text) }).end();
    expect(written).to.deep.equal([]);
  });
});
