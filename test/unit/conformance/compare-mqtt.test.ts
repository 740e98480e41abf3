import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { isAsRecorded } from '../../../src/conformance/compare-mqtt.ts';
import { readRecording } from '../../../src/conformance/recording.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/recordings/v1.14.5', import.meta.url));
const TOPIC = '$hw/events/device/sensor1/twin/update/delta';
/** The delta after an application reported 99 while the cloud was away. */
const LINE = 65;

const of = (value: string): object => ({ value, metadata: { timestamp: 1_795_797_774_876 } });

/** `expected` and `actual` of the temperature. */
function delta(expected: string, actual?: string): string {
  const status = { expected: of('ON'), optional: false, metadata: { type: 'string' } };
  const temperature = {
    expected: of(expected),
    ...(actual !== undefined && { actual: of(actual) }),
    optional: false,
    metadata: { type: 'int' },
  };
  const id = '409cab9b-cc01-4868-b579-9916b8f14214';
  return JSON.stringify({
    event_id: id,
    timestamp: 1_795_797_774_905,
    twin: { status, temperature },
    delta: { status: 'ON', temperature: expected },
  });
}

describe('what an edge told at its broker', () => {
  it('is what was recorded when it says the same but for what differs on purpose, not when it stands at the same topic', async () => {
    const recording = await readRecording(FOLDER);
    const record = recording.mqtt.find(({ line }) => line === LINE);
    if (record === undefined) throw new Error(`there is no line ${LINE}`);
    expect(record.topic).to.equal(TOPIC);
    const isTold = (payload: string, topic = TOPIC): boolean => isAsRecorded(recording, record, { topic, payload });
    expect(isTold(delta('20', '99'))).to.equal(true);
    // What was desired while the edge was down, kedge has at once.
    expect(isTold(delta('61', '99'))).to.equal(true);
    expect(isTold(delta('61'))).to.equal(false);
    expect(isTold(delta('98', '99'))).to.equal(false);
    expect(isTold(delta('20', '99'), TOPIC.replace('sensor1', 'sensor2'))).to.equal(false);
  });
});
