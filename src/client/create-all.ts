import type { KubeObject } from '../protocol/kubernetes.ts';

/** Creates one object after the other. When one fails, `tell` hears which are there by then; they stay. */
export async function createAll<T extends KubeObject>(
  objects: readonly T[],
  create: (object: T) => Promise<T>,
  tell: (text: string) => void,
): Promise<T[]> {
  const done: T[] = [];
  try {
    for (const object of objects) done.push(await create(object));
  } catch (error) {
    const names = done.map(({ metadata }) => metadata.name).join(', ');
    if (done.length > 0) tell(`${done.length} of ${objects.length} objects of the file are there already: ${names}`);
    throw error;
  }
  return done;
}
