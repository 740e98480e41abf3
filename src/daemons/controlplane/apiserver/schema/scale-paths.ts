/** Where an object says how many there are to be (`spec`), how many there are (`status`), and which ones. */
export interface ScalePaths {
  readonly spec: readonly string[];
  readonly status: readonly string[];
  /** Of a LabelSelector, or of its text. */
  readonly selector?: readonly string[];
}

/** Those of a Deployment or ReplicaSet. */
export const WORKLOAD_SCALE: ScalePaths = { spec: ['spec', 'replicas'], status: ['status', 'replicas'], selector: ['spec', 'selector'] };

/** Those that a CustomResourceDefinition names: `.spec.replicas`. */
export function declaredScale(
  scale: { specReplicasPath?: string; statusReplicasPath?: string; labelSelectorPath?: string } | undefined,
): ScalePaths | undefined {
  if (scale === undefined) return undefined;
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = scale;
  const keys = (path: string): string[] => path.split('.').filter((key) => key !== '');
  const paths = { spec: keys(specReplicasPath), status: keys(statusReplicasPath) };
  return labelSelectorPath === '' ? paths : { ...paths, selector: keys(labelSelectorPath) };
}
