import { expect } from 'chai';
import { payloadFields, payloadLine } from '../../../src/cli/payload.ts';

describe('cli: payload', () => {
  it('shows text in one line, and moves nobody’s cursor', () => {
    expect(payloadLine(Buffer.from('{"a": "ä"}'))).to.equal('{"a": "ä"}');
    expect(payloadLine(Buffer.from('a\n\u001b[31mb'))).to.equal('a??[31mb');
  });

  it('shows the first bytes of what is no text', () => {
    expect(payloadLine(Buffer.from([0xff, 0x00]))).to.equal('<2 bytes: ff00>');
    expect(payloadLine(Buffer.alloc(40, 0xff))).to.equal(`<40 bytes: ${'ff'.repeat(32)}…>`);
    expect(payloadFields(Buffer.from([0xff]))).to.deep.equal({ payloadBase64: '/w==' });
    expect(payloadFields(Buffer.from('ok'))).to.deep.equal({ payload: 'ok' });
  });
});
