import { pathsOf, type FieldSet } from './field-set.ts';
import { managerKey, compareTexts, type Manager } from './managed-fields.ts';
import { showPath } from './path-element.ts';

/** Fields of an apply that others hold with other values. */
export interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** An apply that would take fields from their managers. */
export class ApplyConflict extends Error {
  override readonly name = 'ApplyConflict';
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    const ordered = [...conflicts].sort((a, b) => compareTexts(managerKey(a.manager), managerKey(b.manager)));
    super(messageOf(ordered));
    this.conflicts = ordered;
  }

  /** One cause for each field, as a Status has them. */
  get causes(): { reason: 'FieldManagerConflict'; message: string; field: string }[] {
    return this.conflicts.flatMap(({ manager, fields }) =>
      [...pathsOf(fields)].map((path) => ({
        reason: 'FieldManagerConflict' as const,
        message: `conflict with ${showManager(manager)}`,
        field: showPath(path),
      })),
    );
  }
}

function messageOf(conflicts: readonly Conflict[]): string {
  const all = conflicts.map(({ manager, fields }) => ({ manager: showManager(manager), paths: [...pathsOf(fields)].map(showPath) }));
  const count = all.reduce((sum, { paths }) => sum + paths.length, 0);
  const [first] = all;
  if (count === 1 && first !== undefined) return `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.paths.join()}`;
  const lines = all.flatMap(({ manager, paths }) => [`conflicts with ${manager}:`, ...paths.map((path) => `- ${path}`)]);
  return `Apply failed with ${count} conflicts: ${lines.join('\n')}`;
}

function showManager({ name, operation, apiVersion, subresource }: Manager): string {
  const where = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(name)}${where}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}
