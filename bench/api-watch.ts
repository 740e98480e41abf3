import { setMaxListeners } from 'node:events';
import { RESOURCES } from '../src/protocol/kubernetes.ts';
import { besideReal } from './support/beside-real.ts';
import type { Target } from './support/beside-real.ts';
import type { Bench } from './support/figure.ts';

const WATCHERS = 500;
const CHANGES = 20;

export default {
  figure: 'from a change of a ConfigMap until the last of 500 watchers, each on a connection of its own, has it',
  unit: 'ms',
  goal: { ratioAtMost: 1 },
  run: (quick) =>
    besideReal({
      rounds: quick ? 1 : 5 * CHANGES,
      prepare: (target) => watch(target, quick ? 5 : WATCHERS),
      round: async ({ kube }, watchers) => {
        const begun = performance.now();
        const everybody = watchers.next();
        await kube.patch(RESOURCES.configMap, TARGET, { data: { turn: String(performance.now()) } }, 'merge');
        await everybody;
        return performance.now() - begun;
      },
      finish: (_target, watchers) => watchers.stop(),
    }),
} satisfies Bench;

const TARGET = { name: 'watched', namespace: 'default' };

/** `next` resolves when all of them have one more event. */
async function watch({ kube }: Target, count: number): Promise<{ next: () => Promise<void>; stop: () => Promise<void> }> {
  await kube.create(RESOURCES.configMap, { metadata: TARGET, data: { turn: '0' } });
  const { metadata } = await kube.list(RESOURCES.configMap, { namespace: TARGET.namespace });
  const resourceVersion = metadata.resourceVersion ?? '';
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  let waiting = 0;
  let all: () => void = () => undefined;
  const one = async (opened: () => void): Promise<void> => {
    const options = { namespace: TARGET.namespace, fieldSelector: 'metadata.name=watched', resourceVersion };
    for await (const event of kube.watch(RESOURCES.configMap, { ...options, signal: stopping.signal, onOpen: opened })) {
      if (event.type === 'MODIFIED' && (waiting -= 1) === 0) all();
    }
  };
  const ended: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    await new Promise<void>((resolve, reject) =>
      ended.push(
        one(resolve).catch((error: unknown) => {
          if (!stopping.signal.aborted) reject(error);
        }),
      ),
    );
  }
  return {
    next: () => {
      waiting = count;
      return new Promise((resolve) => (all = resolve));
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(ended);
    },
  };
}
