import { crd, pod, type Manifest } from './newer-manifests.ts';

/** A manifest that is refused, and in which words. */
interface Mistake {
  readonly say: string;
  /** Of pods when absent. */
  readonly path?: string;
  readonly body: Manifest;
  readonly message: string;
}

const SHIRT_SCHEMA = {
  openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { n: { type: 'number' } } } } },
};

function badPod(say: string, spec: object, error: string): Mistake {
  return { say, body: pod('bad', spec), message: `Pod "bad" is invalid: ${error}` };
}

function badContainer(say: string, container: object, error: string): Mistake {
  return badPod(say, { containers: [{ name: 'a', image: 'b', ...container }] }, `spec.containers[0].${error}`);
}

function badInit(say: string, container: object, error: string): Mistake {
  return badPod(say, { initContainers: [{ name: 'i', image: 'b', ...container }] }, `spec.initContainers[0].${error}`);
}

const spread = (constraint: object) => ({
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', ...constraint }],
});

function badService(say: string, spec: object, error: string): Mistake {
  const body: Manifest = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'bad' }, spec: { ports: [{ port: 80 }], ...spec } };
  return { say, path: '/api/v1/namespaces/default/services', body, message: `Service "bad" is invalid: ${error}` };
}

function badDaemonSet(say: string, rollingUpdate: object, error: string): Mistake {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'b' }] } };
  const spec = { selector: { matchLabels: { a: 'b' } }, updateStrategy: { rollingUpdate }, template };
  const body: Manifest = { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'bad' }, spec };
  const message = `DaemonSet.apps "bad" is invalid: spec.updateStrategy.rollingUpdate.${error}`;
  return { say, path: '/apis/apps/v1/namespaces/default/daemonsets', body, message };
}

function badDefinition(say: string, version: object, error: string): Mistake {
  const message = `CustomResourceDefinition.apiextensions.k8s.io "hats.shop.example.org" is invalid: spec.${error}`;
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  return { say, path, body: crd('hats', 'Hat', { schema: SHIRT_SCHEMA, ...version }), message };
}

const rule = (rule: object) => ({ schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-validations': [rule] } } });
const RULE = 'validation.openAPIV3Schema.x-kubernetes-validations[0]';

/** The words are those of Kubernetes 1.32. */
export const BAD: readonly Mistake[] = [
  badContainer('a port that is none', { livenessProbe: { grpc: { port: 70000 } } }, 'livenessProbe.grpc.port: Invalid value: 70000: must be between 1 and 65535, inclusive'), // prettier-ignore
  badContainer('two handlers', { livenessProbe: { httpGet: { port: 80 }, grpc: { port: 1 } } }, 'livenessProbe.grpc: Forbidden: may not specify more than 1 handler type'), // prettier-ignore
  badContainer('readiness that ends', { readinessProbe: { grpc: { port: 1 }, terminationGracePeriodSeconds: 1 } }, 'readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes'), // prettier-ignore
  badContainer('no grace', { livenessProbe: { grpc: { port: 1 }, terminationGracePeriodSeconds: 0 } }, 'livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0'), // prettier-ignore
  badContainer('a long sleep', { lifecycle: { preStop: { sleep: { seconds: 31 } } } }, 'lifecycle.preStop.sleep: Invalid value: 31: must be greater than 0 and less than terminationGracePeriodSeconds (30). Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep.'), // prettier-ignore
  badContainer(
    'a container that restarts',
    { restartPolicy: 'Always' },
    'restartPolicy: Forbidden: may not be set for non-init containers',
  ),
  badInit('another policy', { restartPolicy: 'OnFailure' }, 'restartPolicy: Unsupported value: "OnFailure": supported values: "Always"'),
  badInit('a probe without staying', { livenessProbe: { grpc: { port: 1 } } }, 'livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always'), // prettier-ignore
  badInit('a bad probe of a sidecar', { restartPolicy: 'Always', startupProbe: { exec: { command: [] } } }, 'startupProbe.exec.command: Required value'), // prettier-ignore
  badContainer('a profile without name', { securityContext: { appArmorProfile: { type: 'Localhost' } } }, 'securityContext.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost'), // prettier-ignore
  badPod('an unknown profile', { securityContext: { appArmorProfile: { type: 'No' } } }, 'spec.securityContext.appArmorProfile.type: Unsupported value: "No": supported values: "Localhost", "RuntimeDefault", "Unconfined"'), // prettier-ignore
  badPod('groups', { securityContext: { supplementalGroupsPolicy: 'No' } }, 'spec.securityContext.supplementalGroupsPolicy: Unsupported value: "No": supported values: "Merge", "Strict"'), // prettier-ignore
  badPod('users of its own on the host', { hostUsers: false, hostNetwork: true }, 'spec.hostNetwork: Forbidden: when `pod.Spec.HostUsers` is false'), // prettier-ignore
  badPod('another system', { os: { name: 'plan9' } }, 'spec.os: Unsupported value: "plan9": supported values: "linux", "windows"'),
  badPod('Linux on Windows', { os: { name: 'windows' }, securityContext: { runAsUser: 1 } }, 'spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod'), // prettier-ignore
  badPod('Windows on Linux', { os: { name: 'linux' }, securityContext: { windowsOptions: { hostProcess: true } } }, 'spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod'), // prettier-ignore
  badPod('a gate twice', { schedulingGates: [{ name: 'a' }, { name: 'a' }] }, 'spec.schedulingGates[1]: Duplicate value: "a"'),
  badPod('a node behind a gate', { schedulingGates: [{ name: 'a' }], nodeName: 'n' }, 'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'), // prettier-ignore
  badPod('debugging from the start', { ephemeralContainers: [{ name: 'd', image: 'b' }] }, 'spec.ephemeralContainers: Forbidden: cannot be set on create'), // prettier-ignore
  badPod('domains that are optional', spread({ minDomains: 2 }), 'spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway'), // prettier-ignore
  badPod('a taints policy', spread({ nodeTaintsPolicy: 'No' }), 'spec.topologySpreadConstraints[0].nodeTaintsPolicy: Unsupported value: "No": supported values: "Honor", "Ignore"'), // prettier-ignore
  badPod('keys without selector', spread({ matchLabelKeys: ['a'] }), 'spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set'), // prettier-ignore
  badPod('a key twice', spread({ matchLabelKeys: ['a'], labelSelector: { matchLabels: { a: 'b' } } }), 'spec.topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector'), // prettier-ignore
  badPod('a claim of nothing', { resourceClaims: [{ name: 'gpu' }] }, 'spec.resourceClaims[0]: Invalid value: {"name":"gpu"}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'), // prettier-ignore
  badContainer('a claim that is not made', { resources: { claims: [{ name: 'gpu' }] } }, 'resources.claims[0]: Not found: "gpu"'),
  badContainer('a resize of disks', { resizePolicy: [{ resourceName: 'disk', restartPolicy: 'NotRequired' }] }, 'resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"'), // prettier-ignore
  badPod('an image without name', { volumes: [{ name: 'v', image: {} }] }, 'spec.volumes[0].image.reference: Required value'),
  badPod('a template of nothing', { volumes: [{ name: 'v', ephemeral: {} }] }, 'spec.volumes[0].ephemeral.volumeClaimTemplate: Required value'), // prettier-ignore
  badPod('certificates of nobody', { volumes: [{ name: 'v', projected: { sources: [{ clusterTrustBundle: { path: 'a' } }] } }] }, 'spec.volumes[0].projected.sources[0].clusterTrustBundle: Required value: either name or signerName must be specified'), // prettier-ignore
  badPod('a mount that is written', { containers: [{ name: 'a', image: 'b', volumeMounts: [{ name: 'v', mountPath: '/v', recursiveReadOnly: 'Enabled' }] }], volumes: [{ name: 'v' }] }, 'spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true'), // prettier-ignore
  badService('a distribution', { trafficDistribution: 'Far' }, 'spec.trafficDistribution: Unsupported value: "Far": supported values: "PreferClose"'), // prettier-ignore
  badService('a class of nothing', { loadBalancerClass: 'a/b' }, "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"), // prettier-ignore
  badDaemonSet(
    'a pod too few and too many',
    { maxSurge: 1 },
    'maxSurge: Invalid value: intstr.IntOrString{Type:0, IntVal:1, StrVal:""}: may not be set when maxUnavailable is non-zero',
  ),
  badDaemonSet('neither', { maxUnavailable: 0 }, 'maxUnavailable: Required value: cannot be 0 when maxSurge is 0'),
  badDefinition('a path out of the schema', { selectableFields: [{ jsonPath: '.spec.x' }] }, 'selectableFields[0].jsonPath: Invalid value: ".spec.x": is an invalid path: does not refer to a valid field'), // prettier-ignore
  badDefinition('a field that is a fraction', { selectableFields: [{ jsonPath: '.spec.n' }] }, 'selectableFields[0].jsonPath: Invalid value: ".spec.n": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'), // prettier-ignore
  badDefinition('a rule of nothing', rule({ rule: ' ' }), `${RULE}.rule: Required value: rule is not specified`),
  badDefinition('a reason', rule({ rule: 'true', reason: 'No' }), `${RULE}.reason: Unsupported value: "No": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`), // prettier-ignore
];
