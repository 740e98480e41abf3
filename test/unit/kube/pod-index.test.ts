import { expect } from 'chai';
import { PodIndex } from '../../../src/kube/pod-index.ts';
import { referencesOf } from '../../../src/protocol/pod-references.ts';
import type { Pod } from '../../../src/protocol/kubernetes.ts';

const pod = (name: string, nodeName: string, spec: object = {}): Pod => ({
  metadata: { name, namespace: 'ns' },
  spec: { nodeName, containers: [], ...spec },
});

describe('references of a pod', () => {
  it('are found wherever Kubernetes allows them', () => {
    const { configMaps, secrets } = referencesOf(
      pod('p', 'n', {
        volumes: [
          { configMap: { name: 'c1' } },
          { secret: { secretName: 's1' } },
          { projected: { sources: [{ configMap: { name: 'c2' } }, { secret: { name: 's2' } }, { serviceAccountToken: { path: 'x' } }] } },
          { emptyDir: {} },
        ],
        imagePullSecrets: [{ name: 's3' }],
        containers: [
          {
            name: 'a',
            envFrom: [{ configMapRef: { name: 'c3' } }, { secretRef: { name: 's4' } }],
            env: [
              { name: 'E', value: 'x' },
              { name: 'F', valueFrom: { configMapKeyRef: { name: 'c4', key: 'k' } } },
            ],
          },
        ],
        initContainers: [{ name: 'b', env: [{ name: 'G', valueFrom: { secretKeyRef: { name: 's5', key: 'k' } } }] }],
      }),
    );
    expect([...configMaps].sort()).to.deep.equal(['ns/c1', 'ns/c2', 'ns/c3', 'ns/c4']);
    expect([...secrets].sort()).to.deep.equal(['ns/s1', 'ns/s2', 'ns/s3', 'ns/s4', 'ns/s5']);
  });

  it('are the secrets of volumes of every type, the claims, and the account', () => {
    const secretRef = { name: 'ref' };
    const { secrets, claims, serviceAccounts } = referencesOf(
      pod('p', 'n', {
        volumes: [
          ...['cephfs', 'cinder', 'flexVolume', 'iscsi', 'rbd', 'scaleIO', 'storageos'].map((type) => ({
            name: type,
            [type]: { secretRef: { name: type.toLowerCase() } },
          })),
          { name: 'a', azureFile: { secretName: 'azure' } },
          { name: 'b', csi: { nodePublishSecretRef: secretRef } },
          { name: 'data', persistentVolumeClaim: { claimName: 'claim' } },
          { name: 'scratch', ephemeral: { volumeClaimTemplate: {} } },
        ],
        ephemeralContainers: [{ name: 'd', envFrom: [{ secretRef: { name: 'debug' } }] }],
        serviceAccountName: 'robot',
      }),
    );
    const names = ['azure', 'cephfs', 'cinder', 'debug', 'flexvolume', 'iscsi', 'rbd', 'ref', 'scaleio', 'storageos'];
    expect([...secrets].sort()).to.deep.equal(names.map((name) => `ns/${name}`));
    expect([...claims]).to.deep.equal(['ns/claim', 'ns/p-scratch']);
    expect([...serviceAccounts]).to.deep.equal(['ns/robot']);
  });

  it('are none for an empty pod, nor for one that a node has made', () => {
    const mirror = pod('p', 'n', { volumes: [{ name: 'a', secret: { secretName: 's' } }], serviceAccountName: 'robot' });
    mirror.metadata.annotations = { 'kubernetes.io/config.mirror': 'x' };
    for (const each of [{ metadata: { name: 'p' } }, mirror]) {
      expect(Object.values(referencesOf(each)).map(({ size }: ReadonlySet<string>) => size)).to.deep.equal([0, 0, 0, 0]);
    }
  });
});

describe('PodIndex', () => {
  it('knows which node may have what, as long as the pod is there', () => {
    const index = new PodIndex();
    const reader = pod('reader', 'n1', { volumes: [{ configMap: { name: 'c' } }] });
    index.set(reader);
    index.set(pod('plain', 'n2'));
    index.set(pod('pending', ''));
    expect(index.nodesUsing('configMaps', 'ns/c')).to.deep.equal(['n1']);
    expect(index.uses('n2', 'configMaps', 'ns/c')).to.equal(false);
    expect(index.uses('n1', 'secrets', 'ns/c')).to.equal(false);
    expect([...index.referencesOf('n1', 'configMaps')]).to.deep.equal(['ns/c']);
    index.remove(reader);
    expect(index.podsOf('n1')).to.deep.equal([]);
    expect(index.nodesUsing('configMaps', 'ns/c')).to.deep.equal([]);
  });
});
