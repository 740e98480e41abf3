/** How one field is read. `message` and the value of a `map` name another message or scalar. */
export type FieldType =
  'string' | 'bytes' | 'integer' | 'boolean' | 'intOrString' | { readonly message: Message } | { readonly map: 'string' | 'bytes' };

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly repeated?: boolean;
  /** Go writes 0 and false for what was not set. */
  readonly omitEmpty?: boolean;
}

/** Fields by their numbers. */
export type Message = Readonly<Record<number, Field>>;

export const text = (name: string): Field => ({ name, type: 'string' });
export const integer = (name: string): Field => ({ name, type: 'integer' });
export const flag = (name: string): Field => ({ name, type: 'boolean' });
/** A number or a flag that Go cannot leave out. */
export const count = (name: string): Field => ({ name, type: 'integer', omitEmpty: true });
export const mark = (name: string): Field => ({ name, type: 'boolean', omitEmpty: true });
export const intOrString = (name: string): Field => ({ name, type: 'intOrString' });
export const texts = (name: string): Field => ({ name, type: 'string', repeated: true });
export const map = (name: string, value: 'string' | 'bytes' = 'string'): Field => ({ name, type: { map: value } });
export const part = (name: string, message: Message): Field => ({ name, type: { message } });
export const parts = (name: string, message: Message): Field => ({ ...part(name, message), repeated: true });

const WHOLE = new WeakSet<Message>();

/** A message that is refused, rather than cut short, when it holds fields that are not listed. */
export function whole(message: Message): Message {
  WHOLE.add(message);
  return message;
}

export function isWhole(message: Message): boolean {
  return WHOLE.has(message);
}

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
