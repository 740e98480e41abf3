import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { decodeMessage, encodeMessage } from '../../../src/protocol/message.ts';

interface Frame {
  version: string;
  dir: string;
  raw: string;
  decoded: { route: Record<string, string> };
}

const frames = readFileSync(new URL('../../fixtures/captures/frames.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Frame);

describe('codec against recordings of KubeEdge', () => {
  for (const version of ['v1.14.5', 'v1.18.3', 'v1.19.2']) {
    it(`reads and writes every kind of frame of ${version}`, () => {
      const ours = frames.filter((frame) => frame.version === version);
      expect(ours).to.have.length.greaterThan(20);
      for (const { raw, decoded } of ours) {
        const text = Buffer.from(raw, 'base64').toString('utf8');
        const message = decodeMessage(text);
        expect(message).to.deep.equal(decoded);
        // Go escapes these three; JSON does not ask for it.
        if (!/\\u00(3c|3e|26)/.test(text)) expect(encodeMessage(message)).to.equal(text);
      }
    });
  }
});
