import { KedgeError } from '../kernel/errors.ts';
import { isNotFound } from '../kube/api-error.ts';

/** The named object, or KedgeError NOT_FOUND in plain words. A kind that the API does not serve at all stays the API's own error. */
export async function mustFind<T>(work: Promise<T>, what: string, hint: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isNotFound(error) && error.status.details?.name) throw new KedgeError('NOT_FOUND', `there is no ${what}`, { hint });
    throw error;
  }
}
