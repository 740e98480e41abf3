import fc from 'fast-check';
import type { DeviceName, World } from './world.ts';
import type { Side } from './sim-link.ts';

/** One thing that happens to the world. Plain data, so that a history can be shown, shrunk and run again. */
export type Command =
  | { readonly do: 'desire' | 'remove' | 'report'; readonly device: DeviceName }
  | { readonly do: 'label'; readonly what: 'settings' | 'app' | 'model' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'deliver'; readonly parcels: number }
  | { readonly do: 'hold' | 'release' | 'duplicate'; readonly side: Side }
  | { readonly do: 'cut'; readonly arriving: Record<Side, number>; readonly late: boolean; readonly stays: boolean }
  | { readonly do: 'halfOpen' | 'mend' | 'loseStore' | 'arriveLate' }
  | { readonly do: 'api'; readonly reach: 'there' | 'away' | 'lossy' }
  | { readonly do: 'disk'; readonly full: boolean }
  | { readonly do: 'crash'; readonly side: Side; readonly effects: number }
  | { readonly do: 'start'; readonly side: Side }
  | { readonly do: 'clock'; readonly side: Side; readonly ms: number };

const side = fc.constantFrom<Side>('cloud', 'edge');
const device = fc.constantFrom<DeviceName>('lamp', 'fan');
const one = <D extends string>(...names: D[]): fc.Arbitrary<D> => fc.constantFrom(...names);
const few = fc.nat({ max: 5 });

/** Histories, the ordinary more often than the bad. */
export const history: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: one('report'), device }) },
    { weight: 5, arbitrary: fc.record({ do: one('desire'), device }) },
    { weight: 2, arbitrary: fc.record({ do: one('remove'), device }) },
    { weight: 2, arbitrary: fc.record({ do: one('label'), what: one('settings', 'app', 'model') }) },
    { weight: 6, arbitrary: fc.record({ do: one('deliver'), parcels: few }) },
    { weight: 4, arbitrary: fc.record({ do: one('wait'), ms: fc.constantFrom(100, 1_000, 3_000, 6_000, 31_000) }) },
    { weight: 3, arbitrary: fc.record({ do: one('hold', 'release', 'duplicate'), side }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: one('cut'), arriving: fc.record({ cloud: few, edge: few }), late: fc.boolean(), stays: fc.boolean() }),
    },
    { weight: 3, arbitrary: fc.record({ do: one('halfOpen', 'mend', 'loseStore', 'arriveLate') }) },
    { weight: 2, arbitrary: fc.record({ do: one('api'), reach: fc.constantFrom('there', 'away', 'lossy') }) },
    { weight: 1, arbitrary: fc.record({ do: one('disk'), full: fc.boolean() }) },
    { weight: 4, arbitrary: fc.record({ do: one('crash'), side, effects: fc.nat({ max: 20 }) }) },
    { weight: 4, arbitrary: fc.record({ do: one('start'), side }) },
    { weight: 1, arbitrary: fc.record({ do: one('clock'), side, ms: fc.constantFrom(-3_600_000, -5_000, 5_000, 3_600_000) }) },
  ),
  { minLength: 5, maxLength: 30 },
);

export async function carryOut(world: World, command: Command): Promise<void> {
  const { link } = world;
  switch (command.do) {
    case 'desire':
      return world.desire(command.device);
    case 'remove':
      return world.remove(command.device);
    case 'report':
      world.report(command.device);
      return;
    case 'label':
      return world.label(command.what);
    case 'wait':
      return world.run(command.ms);
    case 'deliver':
      return world.settle(command.parcels);
    case 'hold':
    case 'release':
      link.held[command.side] = command.do === 'hold';
      return;
    case 'duplicate':
      link.duplicate(command.side);
      return;
    case 'cut':
      link.isUp = !command.stays;
      link.cut(command.arriving, command.late);
      return;
    case 'mend':
      link.isUp = true;
      return;
    case 'halfOpen':
      link.halfOpen();
      return;
    case 'arriveLate':
      link.releaseLate();
      return;
    case 'api':
      world.api.reach = command.reach;
      return;
    case 'disk':
      world.edge.isDiskFull = command.full;
      return;
    case 'loseStore':
      world.loseStore();
      return;
    case 'crash':
      world.crash(command.side, command.effects);
      return;
    case 'start':
      world.restart(command.side);
      return;
    case 'clock':
      world[command.side].skew += command.ms;
      return;
  }
}
