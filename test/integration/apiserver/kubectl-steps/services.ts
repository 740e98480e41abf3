import { given, topic } from './kubectl-step.ts';

const BEHIND = `
apiVersion: v1
kind: Endpoints
metadata: {name: manual}
subsets: [{addresses: [{ip: 10.1.1.1}, {ip: 10.1.1.2}], notReadyAddresses: [{ip: 10.1.1.3}], ports: [{name: a, port: 80}, {name: b, port: 81}]}]
---
apiVersion: v1
kind: Service
metadata: {name: manual}
spec: {clusterIP: None, ports: [{name: a, port: 80}, {name: b, port: 81}]}
`;
const SLICE = `
kind: EndpointSlice
metadata: {name: slice, labels: {kubernetes.io/service-name: manual}}
addressType: IPv4
ports: [{name: http, port: 80, protocol: TCP}, {name: dns, port: 53, protocol: UDP}]
endpoints: [{addresses: [10.1.2.3], conditions: {ready: true}}, {addresses: [10.1.2.4]}]
`;
const PDB = { kind: 'PodDisruptionBudget', metadata: { name: 'half' }, spec: { maxUnavailable: '50%', selector: {} } };

/** What leads to pods, and what keeps them. */
export const SERVICES = topic('services, endpoints, budgets and priorities', 'services', [
  'create deployment web --image=nginx:1',
  'expose deployment web --port=80 --target-port=8080',
  'get svc web -o wide',
  'get svc web -o yaml',
  'get svc web --no-headers -o custom-columns=T:.spec.type,P:.spec.ports[0].targetPort,S:.spec.selector',
  'create service clusterip inside --tcp=80:81 --clusterip=10.96.77.1',
  'create service clusterip headless --tcp=80 --clusterip=None',
  'create service nodeport outside --tcp=80:81 --node-port=32123',
  'create service loadbalancer balanced --tcp=80:81',
  'create service externalname far --external-name example.org',
  'get svc inside headless far outside',
  'get svc outside -o jsonpath={.spec.ports[0].nodePort}',
  'create service clusterip inside --tcp=80:81',
  'create service clusterip taken --tcp=80:81 --clusterip=10.96.77.1',
  'create service clusterip out --tcp=80:81 --clusterip=10.1.1.1',
  'create service nodeport again --tcp=80:81 --node-port=32123',
  'describe svc headless far outside balanced',
  'label service inside tier=front',
  'annotate service inside a=b',
  'patch service inside -p {"spec":{"ports":[{"port":80,"targetPort":9}]}}',
  'patch service inside -p {"spec":{"clusterIP":"10.96.77.9"}}',
  'patch service inside -p {"spec":{"type":"NodePort"}}',
  'get svc inside -o jsonpath={.spec.ports[0].targetPort}{.spec.type}',
  'set selector service inside app=other',
  'create ingress way --rule=example.org/=web:80',
  given(BEHIND, 'apply -f -'),
  given(BEHIND, 'apply -f -'),
  'get ep manual -o wide',
  'describe ep manual',
  'describe svc manual',
  given(`apiVersion: discovery.k8s.io/v1${SLICE}`, 'apply --validate=false -f -', 'a slice of v1'),
  given(`apiVersion: discovery.k8s.io/v1beta1${SLICE}`, 'apply -f -', 'a slice of v1beta1'),
  'get endpointslices',
  'describe endpointslice slice',
  'create pdb budget --selector=app=web --min-available=1',
  given({ apiVersion: 'policy/v1', ...PDB }, 'create -f -', 'a budget of v1'),
  'get pdb',
  'describe pdb half',
  'create priorityclass high --value=1000 --description=x',
  'create priorityclass too-high --value=2000000000',
  'get pc',
  'get pc high -o yaml',
  'describe pc high system-node-critical',
  'patch pc high -p {"value":5}',
  'run quick --image=busybox:1 --overrides={"spec":{"priorityClassName":"high"}} -o jsonpath={.spec.priority}{.spec.preemptionPolicy}',
  'run slow --image=busybox:1 --overrides={"spec":{"priorityClassName":"none"}}',
  'create quota q --hard=pods=1',
  'delete pc high system-node-critical',
  'delete service inside',
  'delete ns services --wait=false',
]);
