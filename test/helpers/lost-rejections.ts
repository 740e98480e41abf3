/** A promise that fails where nobody waits for it would end a daemon; mocha alone passes over it. */
function fail(reason: unknown): never {
  throw reason;
}

/** Of every test run: such a promise fails the test in which it was lost. */
export const mochaHooks = {
  beforeAll(): void {
    process.on('unhandledRejection', fail);
  },
  afterAll(): void {
    process.off('unhandledRejection', fail);
  },
};
