import type { Scope } from './module.ts';

type Handler<M> = (message: M) => void | Promise<void>;

/**
 * Carries facts, named in the past tense, between the modules of one daemon. T maps each topic to its message.
 * A handler that throws is logged under its own module and stops nobody else.
 */
export class Bus<T extends object> {
  readonly #handlers = new Map<keyof T, Set<{ scope: Scope; handler: Handler<never> }>>();

  /** Subscribes until the scope ends. */
  on<K extends keyof T>(scope: Scope, topic: K, handler: Handler<T[K]>): void {
    const entry = { scope, handler: handler as Handler<never> };
    const handlers = this.#handlers.get(topic) ?? new Set();
    this.#handlers.set(topic, handlers.add(entry));
    scope.defer(() => {
      handlers.delete(entry);
    });
  }

  /** Tells every subscriber in order of subscription and resolves when all have finished. Never rejects. */
  async emit<K extends keyof T>(topic: K, message: T[K]): Promise<void> {
    for (const { scope, handler } of [...(this.#handlers.get(topic) ?? [])]) {
      try {
        await (handler as Handler<T[K]>)(message);
      } catch (error) {
        scope.log.error({ err: error, topic }, 'a subscriber failed');
      }
    }
  }
}
