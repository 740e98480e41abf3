import type { KubeObject } from '../protocol/kubernetes.ts';

/** An object as it lies in the store, parsed when somebody asks for it. */
export class StoredObject {
  readonly namespace: string;
  readonly name: string;
  /** UTF-8. */
  readonly json: Buffer;
  #object: KubeObject | undefined;

  constructor(namespace: string, name: string, json: Buffer) {
    this.namespace = namespace;
    this.name = name;
    this.json = json;
  }

  get object(): KubeObject {
    return (this.#object ??= JSON.parse(this.json.toString()) as KubeObject);
  }
}
