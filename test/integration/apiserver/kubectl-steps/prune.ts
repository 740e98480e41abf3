import { given, topic, type KubectlStep } from './kubectl-step.ts';

const LABELS = { set: 'one' };
const config = (name: string, data: object = { x: '1' }, labels: object = LABELS) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
});
const secret = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name, labels: LABELS }, stringData: { x: '1' } });
const list = (...items: object[]) => ({ apiVersion: 'v1', kind: 'List', items });
const ALLOWED = '--prune-allowlist=core/v1/ConfigMap';

/** A set of objects that an object of its own, the parent, holds together (kubectl 1.27). */
const inSet = (items: object, flags: string, about: string): KubectlStep => ({
  ...given(items, `apply --prune ${flags} -f -`, about),
  env: { KUBECTL_APPLYSET: 'true' },
});
const PARENT = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crates.example.org, labels: {applyset.kubernetes.io/is-parent-type: "true"}}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: crates, singular: crate, kind: Crate}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
`;
const CRATE = { apiVersion: 'example.org/v1', kind: 'Crate', metadata: { name: 'crate' } };

/** What `apply --prune` takes away: by labels, by kinds, and by sets. */
export const PRUNE = topic('what apply prunes', 'prune', [
  given(list(config('a'), config('b'), secret('s')), 'apply -f -'),
  'create cm stranger --from-literal=x=1',
  'label cm stranger set=one',
  given(config('apart', {}, { set: 'two' }), 'apply -f -'),
  given(config('a'), 'apply --prune -f -', 'no selector'),
  given(config('a'), `apply --prune -l set=one ${ALLOWED} --dry-run=server -f -`),
  given(config('a'), `apply --prune -l set=one ${ALLOWED} --dry-run=client -f -`),
  given(config('a', { x: '2' }), `apply --prune -l set=one ${ALLOWED} -f -`),
  // What was not applied, is of another set or of another kind stays.
  'get cm,secret -l set -o name',
  given(config('a', { x: '2' }), 'apply --prune -l set=one --prune-allowlist=core/v1/Nothing -f -', 'an unknown kind'),
  given(config('a', { x: '2' }), 'apply --prune -l set=one --prune-allowlist=ConfigMap -f -', 'no kind'),
  given(config('a', { x: '2' }), `apply --prune -l set=one ${ALLOWED} --prune-allowlist=core/v1/Secret -f -`),
  given(config('c'), 'apply --prune -l set=one -f -', 'kinds by default'),
  'get cm,secret -l set -o name',
  given(config('c'), `apply --prune --all ${ALLOWED} --cascade=orphan -f -`),
  given(config('d'), `apply --prune --all ${ALLOWED} --server-side -f -`),
  'get cm -o name',
  inSet(list(config('one'), secret('two')), '--applyset=all', 'a set'),
  'get secret all -o jsonpath={.type}{.metadata.labels}{.metadata.annotations}',
  'get cm,secret -l applyset.kubernetes.io/part-of -o name',
  inSet(config('one', { x: '2' }), '--applyset=all --dry-run=server', 'a set, dry'),
  inSet(config('one', { x: '2' }), '--applyset=all', 'a smaller set'),
  'get secret all -o jsonpath={.metadata.annotations}',
  inSet(config('one', { x: '3' }), '--applyset=other', 'an object of another set'),
  inSet(config('three'), '--applyset=configmaps/parent', 'a set of a ConfigMap'),
  inSet(config('three'), '--applyset=pods/parent', 'a set of a pod'),
  inSet(config('three'), '--applyset=all -l set=one', 'a set and a selector'),
  given(PARENT, 'apply -f -', 'a kind of parents'),
  'wait --for=condition=Established crd/crates.example.org --timeout=10s',
  inSet(config('four'), '--applyset=crates.example.org/crate', 'a set without its parent'),
  given(CRATE, 'create -f -'),
  inSet(list(config('four'), config('five')), '--applyset=crates.example.org/crate', 'a set of a custom resource'),
  inSet(config('five'), '--applyset=crates.example.org/crate --server-side', 'a smaller set of a custom resource'),
  'get crate crate -o jsonpath={.metadata.labels}{.metadata.annotations}',
  'get cm -l applyset.kubernetes.io/part-of -o name',
  'delete crd crates.example.org',
]);
