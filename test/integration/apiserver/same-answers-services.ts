import type { Step } from './same-answers.ts';

const NSP = '/api/v1/namespaces/services';
const S = `${NSP}/services`;
const MERGE = { 'content-type': 'application/merge-patch+json' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const svc = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ port: 80 }], selector: { app: 'a' }, ...spec },
});
const post = (say: string, body: object, path = S) => ({ say, method: 'POST', path, body });
const put = (say: string, body: { metadata: { name: string } }, path = S) => ({
  say,
  method: 'PUT',
  path: `${path}/${body.metadata.name}`,
  body,
});
const patch = (say: string, path: string, body: object, headers = MERGE) => ({
  say,
  method: 'PATCH',
  path: `${NSP}/${path}`,
  body,
  headers,
});
const ep = (name: string, subsets: object[]) => ({ metadata: { name }, subsets });
const EP = `${NSP}/endpoints`;
const SL = '/apis/discovery.k8s.io/v1/namespaces/services/endpointslices';
const slice = (name: string, rest: object = {}) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, labels: { 'kubernetes.io/service-name': 'x' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.1.2.3'] }],
  ports: [{ port: 80 }],
  ...rest,
});
const ports = (...list: object[]) => ({ ports: list });
const two = (a: object, b: object) => ports({ port: 80, ...a }, { port: 81, ...b });
const FIRST_ALONE = 'without dual stack, 1.20 looks at the first address alone';
const KEPT = 'since 1.23 what was allocated stays when it is left out';
const SELECTORS = 'newer servers select Services by type and address';
const SPECIAL = 'since 1.20.7 such addresses are refused in slices, too';

/** A step whose answers differ in their words, or on purpose. */
const but = (step: Step, reason: Pick<Step, 'otherText' | 'differs'>): Step => ({ ...step, ...reason });

/** What both API servers are asked about Services and what is behind them, in this order. */
export const SERVICE_STEPS: readonly Step[] = [
  { say: 'the namespace', method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'services' } } },
  post('plain', svc('s1')),
  post('named target', svc('s2', ports({ port: 80, targetPort: 'http', name: 'web', protocol: 'UDP', appProtocol: 'example.org/x' }))),
  post('two ports', svc('s3', two({ name: 'a' }, { name: 'b', targetPort: 0 }))),
  post('headless', svc('s4', { clusterIP: 'None' })),
  post('headless no ports', svc('s5', { clusterIP: 'None', ports: [] })),
  post('headless no selector', svc('s6', { clusterIP: 'None', selector: null })),
  post('external', svc('s7', { type: 'ExternalName', externalName: 'example.org.', ports: null, selector: null })),
  post('nodeport', svc('s8', { type: 'NodePort' })),
  post(
    'nodeport chosen',
    svc('s9', {
      type: 'NodePort',
      ports: [
        { port: 80, nodePort: 32101 },
        { port: 80, protocol: 'UDP', name: 'u', nodePort: 32101 },
      ].map((p, i) => ({ name: `p${i}`, ...p })),
    }),
  ),
  post(
    'nodeport both protocols',
    svc('s10', {
      type: 'NodePort',
      ports: [
        { name: 'a', port: 53 },
        { name: 'b', port: 53, protocol: 'UDP' },
      ],
    }),
  ),
  post('loadbalancer', svc('s11', { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'] })),
  post('loadbalancer local', svc('s12', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' })),
  post('affinity', svc('s13', { sessionAffinity: 'ClientIP' })),
  post('affinity seconds', svc('s14', { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } })),
  post('fixed', svc('s15', { clusterIP: '10.96.77.7' })),
  post(
    'fixed both',
    svc('s16', { clusterIP: '10.96.77.8', clusterIPs: ['10.96.77.8'], publishNotReadyAddresses: true, externalIPs: ['1.2.3.4'] }),
  ),
  post('with status', { ...svc('s17'), status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } }),
  post('empty type', svc('s18', { type: '', sessionAffinity: '' })),
  but(post('generated', { ...svc(''), metadata: { generateName: 'Bad' } }), { otherText: 'the name is random' }),
  // bad
  post('no spec', { metadata: { name: 'x' } }),
  post('no ports', svc('x', { ports: [] })),
  post('bad name', svc('1x')),
  post('dotted name', svc('x.y')),
  post('bad port', svc('x', ports({ port: 0 }))),
  post('big port', svc('x', ports({ port: 70000, targetPort: 70000 }))),
  post('bad target', svc('x', ports({ port: 1, targetPort: 'a--b' }))),
  post('bad target 2', svc('x', ports({ port: 1, targetPort: 'abcdefghijklmnopqrst' }))),
  post('bad protocol', svc('x', ports({ port: 1, protocol: 'HTTP' }))),
  post('unnamed two', svc('x', two({}, {}))),
  post('same names', svc('x', two({ name: 'a' }, { name: 'a' }))),
  post('bad port name', svc('x', ports({ port: 1, name: 'A_' }))),
  post('same ports', svc('x', ports({ port: 1, name: 'a' }, { port: 1, name: 'b' }))),
  post('bad appProtocol', svc('x', ports({ port: 1, appProtocol: 'a b' }))),
  post('nodePort on ClusterIP', svc('x', ports({ port: 1, nodePort: 30001 }))),
  post(
    'same nodePorts',
    svc('x', { type: 'NodePort', ...ports({ port: 1, name: 'a', nodePort: 30001 }, { port: 2, name: 'b', nodePort: 30001 }) }),
  ),
  post('nodePort out of range', svc('x', { type: 'NodePort', ...ports({ port: 1, nodePort: 80 }) })),
  post('nodePort taken', svc('x', { type: 'NodePort', ...ports({ port: 1, nodePort: 32101 }) })),
  post('bad type', svc('x', { type: 'Foo' })),
  post('bad affinity', svc('x', { sessionAffinity: 'Foo' })),
  post('affinity None with config', svc('s19', { sessionAffinity: 'None', sessionAffinityConfig: { clientIP: { timeoutSeconds: 4 } } })),
  post('affinity too long', svc('x', { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } } })),
  post('affinity zero', svc('x', { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } })),
  post('bad clusterIP', svc('x', { clusterIP: 'foo' })),
  post('clusterIP out of range', svc('x', { clusterIP: '10.97.0.1' })),
  post('clusterIP taken', svc('x', { clusterIP: '10.96.77.7' })),
  post('clusterIP ipv6', svc('x', { clusterIP: 'fd00::1' })),
  post('clusterIPs only', svc('x', { clusterIPs: ['10.96.77.9'] })),
  post('clusterIPs mismatch', svc('x', { clusterIP: '10.96.77.9', clusterIPs: ['10.96.77.10'] })),
  but(post('clusterIPs None second', svc('x', { clusterIP: '10.96.77.9', clusterIPs: ['10.96.77.9', 'None'] })), { differs: FIRST_ALONE }),
  but(post('clusterIPs three', svc('x', { clusterIP: '10.96.77.9', clusterIPs: ['10.96.77.9', '10.96.77.10', '10.96.77.11'] })), {
    differs: FIRST_ALONE,
  }),
  post('bad external name', svc('x', { type: 'ExternalName', externalName: 'A_b' })),
  post('no external name', svc('x', { type: 'ExternalName' })),
  post('external with clusterIP', svc('x', { type: 'ExternalName', externalName: 'a.b', clusterIP: '10.96.77.20' })),
  post('external headless', svc('x', { type: 'ExternalName', externalName: 'a.b', clusterIP: 'None' })),
  post('loadbalancer headless', svc('x', { type: 'LoadBalancer', clusterIP: 'None' })),
  post('nodeport headless', svc('x', { type: 'NodePort', clusterIP: 'None' })),
  post('loadbalancer kubelet', svc('x', { type: 'LoadBalancer', ...ports({ port: 10250 }) })),
  post('loadbalancer mixed', svc('x', { type: 'LoadBalancer', ...ports({ port: 1, name: 'a' }, { port: 2, protocol: 'UDP', name: 'b' }) })),
  post('bad ranges', svc('x', { type: 'LoadBalancer', loadBalancerSourceRanges: ['foo', 'bar'] })),
  post('ranges on ClusterIP', svc('x', { loadBalancerSourceRanges: ['10.0.0.0/8'] })),
  post('bad external IP', svc('x', { externalIPs: ['x', '127.0.0.1', '0.0.0.0', '169.254.1.1', '224.0.0.1', '::1'] })),
  post('traffic on ClusterIP', svc('x', { externalTrafficPolicy: 'Local' })),
  post('bad traffic', svc('x', { type: 'NodePort', externalTrafficPolicy: 'Foo' })),
  post('health on NodePort', svc('x', { type: 'NodePort', healthCheckNodePort: 31999 })),
  post('negative health', svc('x', { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: -1 })),
  post('bad selector', svc('x', { selector: { 'a b': 'c d' } })),
  // updates
  but(put('replace', svc('s1', ports({ port: 90 }))), { differs: KEPT }),
  but(put('replace nodeport', svc('s8', { type: 'NodePort' })), { differs: KEPT }),
  patch('nodeport other port', 'services/s8', { spec: { ports: [{ port: 81 }] } }),
  patch('to NodePort', 'services/s2', { spec: { type: 'NodePort' } }),
  patch('back to ClusterIP', 'services/s2', { spec: { type: 'ClusterIP' } }),
  patch('back to ClusterIP well', 'services/s2', { spec: { type: 'ClusterIP', externalTrafficPolicy: null, ports: [{ port: 80 }] } }),
  patch('to LoadBalancer', 'services/s3', { spec: { type: 'LoadBalancer' } }),
  patch('to ExternalName', 'services/s3', { spec: { type: 'ExternalName', externalName: 'x.y' } }),
  patch('to ExternalName well', 'services/s13', { spec: { type: 'ExternalName', externalName: 'x.y', clusterIP: null, clusterIPs: null } }),
  patch('to ExternalName half', 'services/s14', { spec: { type: 'ExternalName', externalName: 'x.y', clusterIP: null } }),
  patch('to ClusterIP from external', 'services/s7', { spec: { type: 'ClusterIP', ports: [{ port: 4 }] } }),
  patch('change clusterIP', 'services/s15', { spec: { clusterIP: '10.96.77.30' } }),
  patch('change clusterIPs', 'services/s15', { spec: { clusterIP: '10.96.77.30', clusterIPs: ['10.96.77.30'] } }),
  but(patch('clear clusterIP', 'services/s15', { spec: { clusterIP: '' } }), { differs: KEPT }),
  but(patch('clear both', 'services/s15', { spec: { clusterIP: null, clusterIPs: null } }), { differs: KEPT }),
  patch('headless to address', 'services/s4', { spec: { clusterIP: '10.96.77.31' } }),
  but(patch('headless to none', 'services/s4', { spec: { clusterIP: null, clusterIPs: null } }), { differs: KEPT }),
  patch('address to headless', 'services/s1', { spec: { clusterIP: 'None' } }),
  post('s20', svc('s20', ports({ port: 90 }))),
  patch(
    'strategic port',
    'services/s20',
    {
      spec: {
        ports: [
          { port: 90, nodePort: 0, targetPort: 'x' },
          { port: 91, name: 'n' },
        ],
      },
    },
    STRATEGIC,
  ),
  patch(
    'strategic port named',
    'services/s20',
    {
      spec: {
        ports: [
          { port: 90, name: 'm' },
          { port: 91, name: 'n' },
        ],
      },
    },
    STRATEGIC,
  ),
  patch('status', 'services/s11/status', {
    spec: { type: 'ClusterIP' },
    status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { hostname: 'x.y' }] } },
  }),
  patch('bad status', 'services/s11/status', { status: { loadBalancer: { ingress: [{ ip: 'x' }] } } }),
  patch('nodeport given taken', 'services/s8', { spec: { ports: [{ port: 81, nodePort: 32101 }] } }),
  patch('nodeport given out', 'services/s8', { spec: { ports: [{ port: 81, nodePort: 1 }] } }),
  but({ say: 'field', method: 'GET', path: `${S}?fieldSelector=spec.type%3DNodePort` }, { differs: SELECTORS }),
  { say: 'field name', method: 'GET', path: `${S}?fieldSelector=metadata.name%3Ds1` },
  but({ say: 'field IP', method: 'GET', path: `${S}?fieldSelector=spec.clusterIP%3DNone` }, { differs: SELECTORS }),
  { say: 'delete', method: 'DELETE', path: `${S}/s15` },
  post('again', svc('s15', { clusterIP: '10.96.77.7' })),
  { say: 'dry', method: 'POST', path: `${S}?dryRun=All`, body: svc('dry', { clusterIP: '10.96.77.60' }) },
  ...['s15', 's16', 's9'].map((n) => ({ say: 'del', method: 'DELETE', path: `${S}/${n}` })),
  // endpoints
  post(
    'endpoints',
    ep('e1', [{ addresses: [{ ip: '10.0.0.1', nodeName: 'n', targetRef: { kind: 'Pod', name: 'p' } }], ports: [{ port: 80 }] }]),
    EP,
  ),
  post('endpoints empty', ep('e2', []), EP),
  post(
    'endpoints repack',
    ep('e3', [
      { addresses: [{ ip: '10.0.0.2' }, { ip: '10.0.0.1' }], ports: [{ port: 80 }] },
      { addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] },
      { notReadyAddresses: [{ ip: '10.0.0.3' }], ports: [{ port: 80 }] },
    ]),
    EP,
  ),
  post(
    'endpoints two ports',
    ep('e4', [
      {
        addresses: [{ ip: '10.0.0.2' }],
        ports: [
          { name: 'b', port: 80 },
          { name: 'a', port: 79, protocol: 'UDP' },
        ],
      },
    ]),
    EP,
  ),
  post('no addresses', ep('x', [{ ports: [{ port: 80 }] }]), EP),
  post(
    'bad ip',
    ep('x', [
      {
        addresses: [
          { ip: 'x' },
          { ip: '' },
          { ip: '127.0.0.1' },
          { ip: '0.0.0.0' },
          { ip: '169.254.0.1' },
          { ip: '224.0.0.5' },
          { ip: 'fe80::1' },
          { ip: '::1' },
          { ip: '::' },
          { ip: 'ff02::1' },
          { ip: '240.0.0.1' },
        ],
      },
    ]),
    EP,
  ),
  post('bad not ready', ep('x', [{ notReadyAddresses: [{ ip: 'x', hostname: 'A_', nodeName: 'B_' }] }]), EP),
  post('bad ports', ep('x', [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 0 }, { port: 70000, protocol: 'X', name: 'A_' }] }]), EP),
  post('bad endpoint appProtocol', ep('x', [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 1, appProtocol: 'a b' }] }]), EP),
  post('bad endpoints name', ep('X_', []), EP),
  put('endpoints update', ep('e1', [{ addresses: [{ ip: '10.0.0.9' }], ports: [{ port: 81 }] }]), EP),
  // slices
  ...[
    post('slice', slice('l1'), SL),
    post('slice none', { ...slice('l2'), endpoints: [], ports: null }, SL),
    post(
      'slice rich',
      slice('l3', {
        endpoints: [{ addresses: ['10.1.1.1'], conditions: { ready: true }, hostname: 'h', targetRef: { kind: 'Pod', name: 'p' } }],
        ports: [{ name: 'a', port: 1, protocol: 'UDP' }, { name: 'b' }],
      }),
      SL,
    ),
    post('slice v6', slice('l4', { addressType: 'IPv6', endpoints: [{ addresses: ['fd00::1'] }] }), SL),
    post('slice FQDN', slice('l5', { addressType: 'FQDN', endpoints: [{ addresses: ['a.example.org'] }] }), SL),
    post('slice bad type', slice('x', { addressType: 'Foo' }), SL),
    post('slice no type', slice('x', { addressType: null }), SL),
    post('slice no addresses', slice('x', { endpoints: [{ addresses: [] }] }), SL),
    but(post('slice bad address', slice('x', { endpoints: [{ addresses: ['x', '127.0.0.1', 'fd00::1'] }] }), SL), { otherText: SPECIAL }),
    but(post('slice bad v6', slice('x', { addressType: 'IPv6', endpoints: [{ addresses: ['x', '10.0.0.1', '::1'] }] }), SL), {
      otherText: SPECIAL,
    }),
    post('slice bad FQDN', slice('x', { addressType: 'FQDN', endpoints: [{ addresses: ['A_'] }] }), SL),
    post('slice bad hostname', slice('x', { endpoints: [{ addresses: ['10.0.0.1'], hostname: 'A_' }] }), SL),
    post('slice same ports', slice('x', { ports: [{ port: 1 }, { port: 2 }] }), SL),
    post('slice bad port', slice('x', { ports: [{ name: 'A_', port: 1, protocol: 'X', appProtocol: 'a b' }] }), SL),
    post('slice many addresses', slice('x', { endpoints: [{ addresses: Array.from({ length: 101 }, (_, i) => `10.0.0.${i + 1}`) }] }), SL),
    put('slice type', slice('l1', { addressType: 'FQDN', endpoints: [] }), SL),
    put('slice update', slice('l1', { endpoints: [] }), SL),
    put('slice update again', slice('l1', { endpoints: [] }), SL),
  ],
];
