import { given, topic } from './kubectl-step.ts';

const SPEC = `{type: object, required: [watts], properties: {watts: {type: integer, minimum: 1, description: How bright it is.}, color: {type: string, default: white, enum: [white, red]}, parts: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, required: [name], properties: {name: {type: string}, size: {type: number}}}}, since: {type: string, format: date-time}}}`;
const COLUMNS = `
    - {name: Watts, type: integer, jsonPath: .spec.watts, description: How bright.}
    - {name: Lit, type: boolean, jsonPath: .status.lit}
    - {name: Since, type: date, jsonPath: .spec.since, priority: 1}
    - {name: Parts, type: string, jsonPath: ".spec.parts[*].name"}
    - {name: Size, type: number, jsonPath: ".spec.parts[0].size"}`;
const DEFINITIONS = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: lamps, singular: lamp, kind: Lamp, shortNames: [lp], categories: [all, lights]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.watts, statusReplicasPath: .status.count}}
    additionalPrinterColumns:${COLUMNS}
    schema:
      openAPIV3Schema:
        description: A lamp that shines.
        type: object
        required: [spec]
        properties:
          spec: ${SPEC}
          status: {type: object, properties: {lit: {type: boolean}, count: {type: integer}, conditions: {type: array, items: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}
  - name: v1alpha1
    served: true
    storage: false
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: halls.example.org}
spec:
  group: example.org
  scope: Cluster
  names: {plural: halls, kind: Hall}
  versions:
  - {name: v1beta1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}}
`;
const lamp = (spec: string): string => `
apiVersion: example.org/v1
kind: Lamp
metadata: {name: desk, labels: {room: study}}
spec: ${spec}
`;
const GOOD = lamp('{watts: 40, since: "2026-01-01T00:00:00Z", parts: [{name: bulb, size: 1.5}, {name: foot}]}');
const HALL = 'apiVersion: example.org/v1beta1\nkind: Hall\nmetadata: {name: big}\nspec: {any: [thing, 1]}\n';

/** Definitions, and the objects that they define. */
export const CUSTOM = topic('custom resources', 'custom', [
  given(DEFINITIONS, 'apply -f -'),
  'wait --for=condition=Established crd/lamps.example.org crd/halls.example.org --timeout=10s',
  given(DEFINITIONS, 'apply -f -'),
  given(DEFINITIONS.replace('minimum: 1', 'minimum: one'), 'apply -f -', 'a schema with a wrong type'),
  given(DEFINITIONS.replaceAll('storage: true', 'storage: false'), 'apply -f -', 'no stored version'),
  'get crd halls.example.org -o yaml',
  'describe crd halls.example.org',
  { line: 'api-resources --api-group=example.org', until: /lamps[^]*/ },
  'api-resources --api-group=example.org -o wide',
  given(GOOD, 'apply -f -'),
  given(GOOD, 'apply -f -'),
  given(GOOD.replace('40', '60'), 'diff -f -'),
  given(GOOD.replace('40', '60'), 'apply -f -'),
  given(GOOD.replace('40', '0'), 'apply -f -'),
  given(GOOD.replace('40', 'bright'), 'apply -f -', 'a text for a number'),
  given(GOOD.replace('watts: 40,', ''), 'apply -f -', 'a field less'),
  given(GOOD.replace('watts: 40', 'watts: 40, color: green'), 'apply -f -'),
  given(GOOD.replace('watts: 40', 'watts: 40, watt: 1'), 'apply -f -', 'a field more'),
  given(HALL, 'create -f -'),
  'get lamps -o wide',
  'get lamp desk -o yaml',
  'get lamps.v1alpha1.example.org desk -o yaml',
  'get lights,halls -o name',
  'describe lamp desk',
  'explain lamp.spec.watts',
  'explain lamp --recursive --output=plaintext-openapiv2',
  'patch lamp desk -p {"spec":{"watts":70}}',
  'patch lamp desk --subresource=status --type=merge -p {"status":{"lit":true,"count":2},"spec":{"watts":1}}',
  'patch lamp desk --type=merge -p {"status":{"lit":false},"spec":{"watts":70}}',
  'patch lamp desk --type=json -p [{"op":"replace","path":"/spec/parts/1/name","value":"shade"}]',
  'get lamp desk -o jsonpath={.spec}{.status}{.metadata.generation}',
  'get lamp desk --subresource=scale',
  'scale lamp desk --replicas=30',
  { line: 'edit lamp desk', edit: 's/watts: 30/watts: 31/' },
  { line: 'edit lamp desk', edit: 's/watts: 31/watts: -1/' },
  given(GOOD.replace('desk', 'wall').replace('40', '5'), 'apply --server-side -f -'),
  'get lamp wall -o yaml --show-managed-fields',
  given(GOOD.replace('desk', 'wall').replace('40', '6'), 'apply --server-side --field-manager=other -f -'),
  'label lamp desk wall room=hall --overwrite',
  'annotate hall big note=x',
  'wait --for=jsonpath={.status.lit}=true lamp/desk --timeout=30s',
  { line: 'get lamps --watch --output-watch-events', during: ['delete lamp wall'], lines: 4 },
  'get --raw /apis/example.org/v1/namespaces/custom/lamps/missing',
  'delete lamp desk --dry-run=server',
  'delete lamp desk missing',
  'delete crd lamps.example.org halls.example.org',
  'get lamps',
]);
