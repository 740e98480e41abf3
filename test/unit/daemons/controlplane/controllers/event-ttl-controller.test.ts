import { expect } from 'chai';
import { EventTtlController } from '../../../../../src/daemons/controlplane/controllers/event-ttl-controller.ts';
import type { KubeClient } from '../../../../../src/kube/client.ts';
import { eventually } from '../../../../helpers/eventually.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';
import { testScope } from '../../../../helpers/test-scope.ts';

describe('events', () => {
  it('go an hour after they were last seen, in whichever of their forms that is told', async () => {
    const clock = new ManualClock();
    const at = (minutesAgo: number): string => new Date(clock.now() - minutesAgo * 60_000).toISOString();
    const event = (name: string, creation: number, rest: object = {}) => ({
      metadata: { name, namespace: 'n', creationTimestamp: at(creation) },
      lastTimestamp: null,
      eventTime: null,
      ...rest,
    });
    const items = [
      event('old', 70),
      event('new', 50),
      event('repeated', 70, { lastTimestamp: at(10) }),
      event('old-repeated', 90, { lastTimestamp: at(80) }),
      event('series', 70, { eventTime: at(70), series: { count: 3, lastObservedTime: at(10) } }),
      event('old-series', 90, { eventTime: at(90), series: { count: 3, lastObservedTime: at(80) } }),
    ];
    const deleted: string[] = [];
    const client = {
      list: () => Promise.resolve({ kind: 'EventList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items }),
      delete: (_resource: unknown, name: string) => Promise.resolve(void deleted.push(name)),
    } as unknown as Pick<KubeClient, 'list' | 'delete'>;
    const scope = testScope();
    await new EventTtlController({ client, clock }).start(scope);
    clock.advance(5 * 60_000);
    await eventually(() => deleted.length === 3, 'the old ones to go');
    expect(deleted).to.deep.equal(['old', 'old-repeated', 'old-series']);
    await scope.end();
  });
});
