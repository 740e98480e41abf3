/** Compares resourceVersions as the numbers that Kubernetes and KubeEdge take them for: negative, 0 or positive. Anything else counts as 0. */
export function compareVersions(one: string | undefined, other: string | undefined): number {
  const [a, b] = [versionNumber(one), versionNumber(other)];
  return a > b ? 1 : a < b ? -1 : 0;
}

function versionNumber(version: string | undefined): bigint {
  return version !== undefined && /^\d{1,20}$/.test(version) ? BigInt(version) : 0n;
}
