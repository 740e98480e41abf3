import { RESOURCES, type ApiResource, type KubeObject } from '../../../../protocol/kubernetes.ts';
import { AGE_COLUMN, AGE_TEXT, column, NAME_COLUMN, text, valueAt, wide, type Column } from './column.ts';

const CREATED: Column = { name: 'Created At', type: 'date', description: AGE_TEXT, cell: ({ metadata }) => metadata.creationTimestamp };

const BINDING: readonly Column[] = [
  NAME_COLUMN,
  column('Role', 'The role that is given.', (binding) => `${text(binding, 'roleRef', 'kind')}/${text(binding, 'roleRef', 'name')}`),
  AGE_COLUMN,
  wide('Users', 'The users that have the role.', subjects('User')),
  wide('Groups', 'The groups that have the role.', subjects('Group')),
  wide('ServiceAccounts', 'The accounts that have the role.', subjects('ServiceAccount')),
];

/** The columns of roles and bindings. */
export const RBAC_COLUMNS: readonly (readonly [ApiResource, readonly Column[]])[] = [
  [RESOURCES.role, [NAME_COLUMN, CREATED]],
  [RESOURCES.clusterRole, [NAME_COLUMN, CREATED]],
  [RESOURCES.roleBinding, BINDING],
  [RESOURCES.clusterRoleBinding, BINDING],
];

function subjects(kind: string): (binding: KubeObject) => string {
  return (binding) => {
    const all = valueAt(binding, 'subjects');
    const named = (Array.isArray(all) ? (all as unknown[]) : []).filter((subject) => valueAt(subject, 'kind') === kind);
    return named
      .map((subject) => [valueAt(subject, 'namespace'), valueAt(subject, 'name')].filter((part) => typeof part === 'string').join('/'))
      .join(', ');
  };
}
