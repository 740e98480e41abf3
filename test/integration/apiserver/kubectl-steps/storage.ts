import { given, topic } from './kubectl-step.ts';

const VOLUMES = `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: example.org/disks
parameters: {type: ssd}
mountOptions: [noatime]
allowVolumeExpansion: true
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk-1}
spec:
  capacity: {storage: 5Gi}
  accessModes: [ReadWriteOnce, ReadOnlyMany]
  storageClassName: slow
  hostPath: {path: /data}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [a]}]}]}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: disk}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: slow
  resources: {requests: {storage: 1Gi}}
---
apiVersion: storage.k8s.io/v1
kind: VolumeAttachment
metadata: {name: attached}
spec: {attacher: disks.example.org, nodeName: edge-1, source: {persistentVolumeName: disk-1}}
`;

/** Volumes and what belongs to them. */
export const STORAGE = topic('volumes, claims and classes', 'storage', [
  given(VOLUMES, 'apply -f -'),
  given(VOLUMES, 'apply -f -'),
  given(VOLUMES.replace('storage: 5Gi', 'storage: 0Gi').replace('type: ssd', 'type: hdd'), 'apply -f -'),
  'get sc,pv,pvc,volumeattachment -o wide',
  'get pv disk-1 -o yaml',
  'get pvc disk -o yaml',
  'describe sc fast',
  'describe pv disk-1',
  'describe pvc disk',
  'patch pv disk-1 --subresource=status -p {"status":{"phase":"Available"}}',
  'patch pvc disk --subresource=status -p {"status":{"phase":"Bound","capacity":{"storage":"5Gi"},"accessModes":["ReadWriteOnce"]}}',
  'patch pvc disk -p {"spec":{"volumeName":"disk-1"}}',
  'get pv,pvc',
  'patch pvc disk -p {"spec":{"accessModes":["ReadOnlyMany"]}}',
  'patch pv disk-1 -p {"spec":{"hostPath":{"path":"/other"}}}',
  'delete volumeattachment/attached sc/fast pv/disk-1 --wait=false',
]);
