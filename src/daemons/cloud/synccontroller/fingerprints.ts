import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { fingerprintOf } from '../../../protocol/object-message.ts';

/** Fingerprints of objects that are compared every few seconds and seldom change: worked out once per version. */
export class Fingerprints {
  readonly #known = new WeakMap<KubeObject, string>();

  of(object: KubeObject): string {
    const known = this.#known.get(object) ?? fingerprintOf(object);
    this.#known.set(object, known);
    return known;
  }
}
