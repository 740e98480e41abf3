/** How one field is read. `message` and the value of a `map` name another message or scalar. */
export type FieldType = 'string' | 'bytes' | 'integer' | 'boolean' | { readonly message: Message } | { readonly map: 'string' | 'bytes' };

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly repeated?: boolean;
}

/** Fields by their numbers. */
export type Message = Readonly<Record<number, Field>>;

export const text = (name: string): Field => ({ name, type: 'string' });
export const integer = (name: string): Field => ({ name, type: 'integer' });
export const flag = (name: string): Field => ({ name, type: 'boolean' });
export const texts = (name: string): Field => ({ name, type: 'string', repeated: true });
export const map = (name: string, value: 'string' | 'bytes' = 'string'): Field => ({ name, type: { map: value } });
export const part = (name: string, message: Message): Field => ({ name, type: { message } });
export const parts = (name: string, message: Message): Field => ({ ...part(name, message), repeated: true });

// Numbers from Kubernetes' generated.proto files (apimachinery meta/v1 and runtime, api core/v1, authentication/v1, certificates/v1).
const OWNER: Message = {
  1: text('kind'),
  3: text('name'),
  4: text('uid'),
  5: text('apiVersion'),
  6: flag('controller'),
  7: flag('blockOwnerDeletion'),
};
export const METADATA: Message = {
  1: text('name'),
  2: text('generateName'),
  3: text('namespace'),
  5: text('uid'),
  6: text('resourceVersion'),
  11: map('labels'),
  12: map('annotations'),
  13: parts('ownerReferences', OWNER),
  14: texts('finalizers'),
};
