import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { ageOf } from './human-duration.ts';

/** A column of a table, and what its cell says of an object. */
export interface Column {
  readonly name: string;
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  /** Above 0: for `-o wide` alone. */
  readonly priority?: number;
  readonly cell: (object: KubeObject, now: Date) => unknown;
}

const NAME_TEXT =
  'Name must be unique within a namespace. It is required when creating resources, although some resources may allow a client to request the generation of an appropriate name.';
export const AGE_TEXT = 'The time since the server created this object.';

export const NAME_COLUMN: Column = { name: 'Name', format: 'name', description: NAME_TEXT, cell: ({ metadata }) => metadata.name };
export const AGE_COLUMN: Column = {
  name: 'Age',
  description: AGE_TEXT,
  cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now),
};

/** A column that `-o wide` adds. */
export function wide(name: string, description: string, cell: Column['cell']): Column {
  return { name, description, priority: 1, cell };
}

export function column(name: string, description: string, cell: Column['cell']): Column {
  return { name, description, cell };
}

/** A cell with the text at a path; '' when there is none. */
export function at(...path: string[]): Column['cell'] {
  return (object) => text(object, ...path);
}

/** The text at a path; '' when there is none. */
export function text(object: KubeObject, ...path: string[]): string {
  const value = valueAt(object, ...path);
  return typeof value === 'string' ? value : '';
}

export function valueAt(object: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key] ?? undefined, object);
}

export function orText(value: unknown, otherwise = '<none>'): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
