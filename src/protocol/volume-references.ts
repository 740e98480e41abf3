import type { PersistentVolume } from './kubernetes.ts';
import { isRecord } from './message.ts';

/** The fields of a volume's source that name a Secret which the node needs; those of the controller's side are none of its business. */
const NODE_SECRETS = ['secretRef', 'nodePublishSecretRef', 'nodeStageSecretRef', 'nodeExpandSecretRef'];

/** The claim that a volume belongs to, `namespace/name`, as Kubernetes' node authorizer reads it. */
export function claimOfVolume({ spec }: PersistentVolume): string {
  return `${spec?.claimRef?.namespace ?? ''}/${spec?.claimRef?.name ?? ''}`;
}

/** `namespace/name` of the Secrets that a volume's source names; without a namespace they are in the claim's. */
export function secretsOfVolume(volume: PersistentVolume): string[] {
  const claimNamespace = volume.spec?.claimRef?.namespace ?? '';
  const named = (namespace: unknown, name: unknown): string[] =>
    typeof name === 'string' && name !== ''
      ? [`${typeof namespace === 'string' && namespace !== '' ? namespace : claimNamespace}/${name}`]
      : [];
  return Object.values(volume.spec ?? {})
    .filter(isRecord)
    .flatMap((source) => [
      ...named(source['secretNamespace'], source['secretName']),
      ...NODE_SECRETS.map((field) => source[field])
        .filter(isRecord)
        .flatMap(({ namespace, name }) => named(namespace, name)),
    ]);
}
