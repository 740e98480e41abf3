import { expect } from 'chai';
import { KedgeError } from '../../src/kernel/errors.ts';

/** The KedgeError with which `work` ends; anything else fails the test. */
export async function refusal(work: Promise<unknown>): Promise<KedgeError> {
  const error = await work.then(
    () => expect.fail('expected a refusal'),
    (reason: unknown) => reason,
  );
  expect(error, String(error)).to.be.instanceOf(KedgeError);
  return error as KedgeError;
}
