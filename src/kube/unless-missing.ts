import { isNotFound } from './api-error.ts';

/** What the call resolves with; undefined when the API has no such object, or no such kind. */
export async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
