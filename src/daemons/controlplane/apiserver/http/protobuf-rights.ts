import { map, METADATA, part, parts, text, texts, type Message } from './protobuf-fields.ts';

// Numbers from Kubernetes' generated.proto files (api rbac/v1, authorization/v1, authentication/v1, apimachinery meta/v1).
const RULE: Message = {
  1: texts('verbs'),
  2: texts('apiGroups'),
  3: texts('resources'),
  4: texts('resourceNames'),
  5: texts('nonResourceURLs'),
};
const SELECTOR: Message = {
  1: map('matchLabels'),
  2: parts('matchExpressions', { 1: text('key'), 2: text('operator'), 3: texts('values') }),
};
const ROLE: Message = { 1: part('metadata', METADATA), 2: parts('rules', RULE) };
const BINDING: Message = {
  1: part('metadata', METADATA),
  2: parts('subjects', { 1: text('kind'), 2: text('apiGroup'), 3: text('name'), 4: text('namespace') }),
  3: part('roleRef', { 1: text('apiGroup'), 2: text('kind'), 3: text('name') }),
};
const ASKED: Message = {
  1: part('resourceAttributes', {
    1: text('namespace'),
    2: text('verb'),
    3: text('group'),
    4: text('version'),
    5: text('resource'),
    6: text('subresource'),
    7: text('name'),
  }),
  2: part('nonResourceAttributes', { 1: text('path'), 2: text('verb') }),
};
const ACCESS_OF: Message = {
  1: part('metadata', METADATA),
  2: part('spec', { ...ASKED, 3: text('user'), 4: texts('groups'), 6: text('uid') }),
};

/** Roles, bindings and reviews, as `kubectl create`, `kubectl auth` and Go programs send them. */
export const RIGHTS_MESSAGES: Readonly<Record<string, Message>> = {
  'rbac.authorization.k8s.io/v1/Role': ROLE,
  'rbac.authorization.k8s.io/v1/ClusterRole': {
    ...ROLE,
    3: part('aggregationRule', { 1: parts('clusterRoleSelectors', SELECTOR) }),
  },
  'rbac.authorization.k8s.io/v1/RoleBinding': BINDING,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': BINDING,
  'authorization.k8s.io/v1/SelfSubjectAccessReview': { 1: part('metadata', METADATA), 2: part('spec', ASKED) },
  'authorization.k8s.io/v1/SelfSubjectRulesReview': { 1: part('metadata', METADATA), 2: part('spec', { 1: text('namespace') }) },
  'authorization.k8s.io/v1/SubjectAccessReview': ACCESS_OF,
  'authorization.k8s.io/v1/LocalSubjectAccessReview': ACCESS_OF,
  'authentication.k8s.io/v1/TokenReview': {
    1: part('metadata', METADATA),
    2: part('spec', { 1: text('token'), 2: texts('audiences') }),
  },
  'authentication.k8s.io/v1/SelfSubjectReview': { 1: part('metadata', METADATA) },
};
