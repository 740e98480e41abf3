import { invalid, type FieldError } from './field-error.ts';

/** A path below a folder: relative, and never out of it. */
export function validateLocalPath(path: string, field: string): FieldError[] {
  return [...(path.startsWith('/') ? [invalid(field, path, 'must be a relative path')] : []), ...validateNoDots(path, field)];
}

export function validateNoDots(path: string, field: string): FieldError[] {
  return path.split('/').includes('..') ? [invalid(field, path, "must not contain '..'")] : [];
}
