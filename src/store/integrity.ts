import { messageOf } from '../kernel/errors.ts';
import type { Database } from './database.ts';

/** What is wrong with an open database, in SQLite's words; undefined when nothing is. */
export function damageOf(db: Database): string | undefined {
  try {
    const [first] = db.pragma('quick_check(1)') as { quick_check: string }[];
    return first?.quick_check === 'ok' ? undefined : first?.quick_check.replaceAll('\n', ' ');
  } catch (error) {
    return messageOf(error);
  }
}
