import { expect } from 'chai';
import { EdgeHub } from '../../../../../src/daemons/edge/edgehub/edge-hub.ts';
import type { EdgeEvents } from '../../../../../src/daemons/edge/events.ts';
import { Bus } from '../../../../../src/kernel/bus.ts';
import { KedgeError } from '../../../../../src/kernel/errors.ts';
import { HubRefusal } from '../../../../../src/link/hub-client.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';
import { testScope } from '../../../../helpers/test-scope.ts';

const OPTIONS = {
  nodeName: 'edge-1',
  websocketServer: 'cloud:10000',
  httpServer: 'https://cloud:10002',
  projectID: 'p',
  heartbeatSeconds: 15,
  maxMessageBytes: 1e6,
  credentials: { ca: '/nowhere', cert: '/nowhere', key: '/nowhere' },
};

describe('EdgeHub dials again', () => {
  /** How many dials there were after so many seconds, one second at a time. */
  const dialsAfter = async (seconds: number, error: KedgeError): Promise<number> => {
    const clock = new ManualClock();
    const scope = testScope();
    let dials = 0;
    const dial = (): Promise<never> => {
      dials += 1;
      return Promise.reject(error);
    };
    const taken = (): Promise<void> => Promise.resolve();
    const deps = { bus: new Bus<EdgeEvents>(), clock, dial, random: () => 0.5, storeId: () => 'a', metaManager: taken, deviceTwin: taken };
    await new EdgeHub(OPTIONS, deps).start(scope);
    for (let second = 0; second < seconds; second += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(1_000);
    }
    await scope.end();
    return dials;
  };

  it('soon, when the cloud is away', async () => {
    expect(await dialsAfter(30, new KedgeError('UNREACHABLE', 'no route'))).to.be.greaterThan(10);
  });

  it('not before the cloud has said, when it is full', async () => {
    const full = new HubRefusal('UNREACHABLE', 'limit of 1000 nodes', { hint: undefined, retryAfterMs: 30_000 });
    expect(await dialsAfter(22, full)).to.equal(1);
    expect(await dialsAfter(50, full)).to.equal(3);
  });
});
