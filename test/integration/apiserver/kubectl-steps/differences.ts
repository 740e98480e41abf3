export interface Difference {
  /** Short; docs/control-plane.md says the same. */
  readonly reason: string;
  /** The lines that differ, of either server. */
  readonly lines: RegExp;
  /** The steps in which they do: `about`, or the line. */
  readonly steps: readonly string[];
}

const OTHER_EXIT = /^(exit [01]|stderr:|)$/;

/** A step whose whole output differs. */
const whole = (reason: string, ...steps: string[]): Difference => ({ reason, lines: /^/, steps });
/** A step that one server refuses: what is printed, and how it ends. */
const refused = (reason: string, lines: RegExp, ...steps: string[]): Difference => ({
  reason,
  lines: new RegExp(`${OTHER_EXIT.source}|${lines.source}`),
  steps,
});

const EMPTY = 'What is empty is left out: null times, texts and numbers that Go prints because they are no pointers';
const GO_TEXT = "Messages do not print structures of Go's, and say of a wrong type what encoding/json says";
const STRICT = 'Newer servers check fields themselves (1.25); for older ones kubectl does it';
const NEWER_FIELDS = 'Fields, labels and columns that Kubernetes has since 1.20';
const NOT_SERVED = 'Kinds and versions that are not served';
const STABLE = 'policy/v1 and discovery.k8s.io/v1 (1.21) in place of v1beta1';
const EXPLAINS = 'kubectl explains by OpenAPI v3 (1.24), and prints it in another way';
const WHO_AM_I = 'SelfSubjectReviews (1.28)';

/** What the embedded API server does otherwise than Kubernetes 1.20, on purpose. */
export const DIFFERENCES: readonly Difference[] = [
  { reason: 'It names itself v1.32', lines: /^(Server Version: .*|stderr:)$/, steps: ['version'] },
  whole('It names itself v1.32', 'get --raw /version'),
  {
    reason: NOT_SERVED,
    lines: /^(\w+\.k8s\.io|autoscaling|batch|extensions|policy|discovery\.k8s\.io|[\w.]+\.k8s\.io)\/v\d\w*$/,
    steps: ['api-versions'],
  },
  {
    reason: NOT_SERVED,
    lines: /^(componentstatuses|limitranges|podtemplates|replicationcontrollers|resourcequotas|\w+webhookconfigurations|apiservices|statefulsets|selfsubjectreviews|horizontalpodautoscalers|cronjobs|jobs|endpointslices|ingress\w*|flowschemas|prioritylevelconfigurations|networkpolicies|runtimeclasses|poddisruptionbudgets|podsecuritypolicies|csi\w+) /, // prettier-ignore
    steps: ['api-resources', 'api-resources --verbs=list,get --categories=all'],
  },
  refused(NOT_SERVED, /HorizontalPodAutoscaler|horizontalpodautoscaler|could not find the requested/, 'autoscale deployment web --max=3'),
  refused(NOT_SERVED, /^job.batch|requested resource$/, 'create job j --image=x'),
  refused(NOT_SERVED, /^No resources|"statefulsets"$/, 'get statefulsets'),
  refused(NOT_SERVED, /^ingress|requested resource$/, 'create ingress way --rule=example.org/=web:80'),
  refused(NOT_SERVED, /quota/, 'create quota q --hard=pods=1'),
  { reason: NOT_SERVED, lines: /^error: error retrieving RESTMappings to prune: /, steps: ['kinds by default'] },
  { reason: NOT_SERVED, lines: /^NAME {2}(REFERENCE|COMPLETIONS) |^horizontal|^job|^$/, steps: ['get all', 'delete all --all'] },
  { reason: NOT_SERVED, lines: /^No resource quota.$|^No LimitRange resource.$|^$/, steps: ['describe ns config'] },
  { reason: NEWER_FIELDS, lines: /kubernetes.io\/metadata.name|^ {2}labels:$|^Labels: {2}<none>$/, steps: ['get ns config -o yaml', 'describe ns config'] }, // prettier-ignore
  {
    reason: NEWER_FIELDS,
    lines: /ipFamil|internalTrafficPolicy|^ +- IPv4$|^(IP Family Policy|IP Families|Internal Traffic Policy): /,
    steps: ['get svc web -o yaml', 'describe svc headless far outside balanced', 'describe svc manual'],
  },
  { reason: NEWER_FIELDS, lines: /^Annotations: {2}/, steps: ['describe cm kube-root-ca.crt'] },
  { reason: NEWER_FIELDS, lines: /^(NAME|bad|good|own) /, steps: ['get csr'] },
  { reason: NEWER_FIELDS, lines: /^ +subresource\t<string>$/, steps: ['explain pod.metadata --recursive --output=plaintext-openapiv2', 'explain lamp --recursive --output=plaintext-openapiv2'] }, // prettier-ignore
  {
    reason: NEWER_FIELDS,
    lines: /selectableFields|selectors\. A maximum|field-selectors$|^ *$/,
    steps: ['explain crds.spec.versions --output=plaintext-openapiv2'],
  },
  { reason: NEWER_FIELDS, lines: /^ {4}(Topology|NodeName|Zone): /, steps: ['describe endpointslice slice'] },
  { reason: NEWER_FIELDS, lines: /^ {2}endpointslices.discovery.k8s.io {2}/, steps: ['describe clusterrole view'] },
  refused(STABLE, /EndpointSlice|^ensure|^endpointslice/, 'a slice of v1', 'a slice of v1beta1'),
  refused(STABLE, /poddisruptionbudgets?[ .:]|PodDisruptionBudget|^ensure/, 'create pdb budget --selector=app=web --min-available=1', 'a budget of v1'), // prettier-ignore
  refused(STABLE, /^(NAME|budget|half|No resources)/, 'get pdb'),
  whole(STABLE, 'describe pdb half'),
  whole(WHO_AM_I, 'auth whoami', 'auth whoami --as=jane --as-group=crew -o jsonpath={.status.userInfo}'),
  {
    reason: WHO_AM_I,
    lines: /^(selfsubjectreviews.authentication|endpointslices.discovery).k8s.io /,
    steps: ['auth can-i --list --as=jane', 'auth can-i --list --as=system:serviceaccount:rights:robot --no-headers'],
  },
  whole(EXPLAINS, 'explain pods', 'explain pod.spec.containers.image', 'explain lamp.spec.watts'),
  { reason: 'Objects with unknown fields have a type in OpenAPI v2', lines: /^ +conditions\t/, steps: ['explain lamp --recursive --output=plaintext-openapiv2'] }, // prettier-ignore
  { reason: 'Selectors are refused in the words of 1.21', lines: /unable to parse requirement: /, steps: ['get cm -l a&b'] },
  { reason: GO_TEXT, lines: /^The request is invalid: patch: /, steps: ['patch cm a -p {"data":5}'] },
  { reason: GO_TEXT, lines: /cannot be handled as a ConfigMap: /, steps: ['a number for a text'] },
  { reason: GO_TEXT, lines: /must have exactly one version marked as storage version$/, steps: ['no stored version'] },
  {
    reason: GO_TEXT,
    lines: /^[-+\s]\s|^$/,
    steps: ['patch pod full -p {"spec":{"nodeName":"other"}}', 'patch pvc disk -p {"spec":{"accessModes":["ReadOnlyMany"]}}', 'patch pv disk-1 -p {"spec":{"hostPath":{"path":"/other"}}}'], // prettier-ignore
  },
  { reason: GO_TEXT, lines: /cannot change roleRef$/, steps: ['patch rolebinding jane --type=merge -p {"roleRef":{"name":"other","kind":"Role","apiGroup":"rbac.authorization.k8s.io"}}'] }, // prettier-ignore
  { reason: STRICT, lines: /unknown field "dat"/, steps: ['an unknown field'] },
  {
    reason: STRICT,
    lines: /^error: error validating "STDIN": |^The (Lamp "desk"|request) is invalid: |halls.example.org unchanged$/,
    steps: ['a schema with a wrong type', 'a text for a number', 'a field less', 'a field more'],
  },
  { reason: EMPTY, lines: /^ +creationTimestamp: null$|^metadata:( {})?$/, steps: ['get deploy web -o yaml', 'a review'] },
  { reason: EMPTY, lines: /^@@ /, steps: ['another image'] },
  { reason: EMPTY, lines: /^ +"?(last\w+Time|daemonEndpoints|kubeletEndpoint|Port)"?: |^ +},?$|^status:( {})?$|^ +(daemonEndpoints|kubeletEndpoint|nodeInfo):$|^ {4}\w+: ""$/, steps: ['get node edge-1 -o yaml', 'get node edge-1 -o json'] }, // prettier-ignore
  { reason: EMPTY, lines: /^(Event Time|Reporting (Component|Instance)):/, steps: ['describe ev edge-1.1'] },
  { reason: 'Nodes are reached through their tunnel, whatever addresses they have', lines: /^Error from server/, steps: ['logs full --all-containers'] }, // prettier-ignore
  { reason: 'A pod that goes at once is told of once', lines: /^MODIFIED {2}plain .* Terminating /, steps: ['get pods --watch --output-watch-events'] }, // prettier-ignore
  { reason: 'Controllers make no events', lines: /^Events:|^ {2}(Type|----|Normal) /, steps: ['describe node edge-1'] },
  {
    reason: 'The real one runs without its ServiceAccount admission',
    lines: /^ +serviceAccount(Name)?: default$|^Service Account: +default$/,
    steps: ['run dry --image=busybox:1 --dry-run=server -o yaml', 'get pod full -o yaml', 'describe pod full'],
  },
  { reason: 'No finalizers protect volumes', lines: /protection|^ {2}finalizers:$|^Finalizers: {2}\[\]$/, steps: ['get pv disk-1 -o yaml', 'get pvc disk -o yaml', 'describe pv disk-1', 'describe pvc disk'] }, // prettier-ignore
  { reason: 'The certificates of request headers are not published', lines: /extension-apiserver-authentication/, steps: ['get ns,nodes,pods,cm,secret,sa,pv,pvc,svc,ep,events -A -o name'] }, // prettier-ignore
  whole('1.20 breaks the connection', 'get lamp desk --subresource=scale'),
  { reason: 'A path that is not served is answered with a Status', lines: /^Error from server \(NotFound\): Unable to list /, steps: ['get lamps'] }, // prettier-ignore
];
