import { isIP } from 'node:net';
import type { KubeObject, Node, Taint } from '../../../../protocol/kubernetes.ts';
import { duplicate, eachInvalid, forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { labelValue, qualifiedName } from './name-rules.ts';
import { semanticEqual } from './semantic-equal.ts';

/** The effects of taints, in the order in which messages name them. */
export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const;

type NodeSpec = NonNullable<Node['spec']> & { podCIDRs?: string[]; providerID?: string; configSource?: unknown };

export function validateNode(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec: NodeSpec = (object as Node).spec ?? {};
  return [
    ...validateTaints(spec.taints ?? []),
    ...podCidrs(spec).flatMap((cidr, index) =>
      isCidr(cidr) ? [] : [invalid(`spec.podCIDRs[${index}]`, podCidrs(spec), 'must be valid CIDR')],
    ),
    ...(old === undefined ? [] : validateNodeUpdate(spec, (old as Node).spec ?? {})),
  ];
}

function validateNodeUpdate(spec: NodeSpec, old: NodeSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (podCidrs(old).length > 0 && !semanticEqual(podCidrs(spec), podCidrs(old))) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if ((old.providerID ?? '') !== '' && old.providerID !== spec.providerID) {
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  const fixed = (value: NodeSpec): unknown => ({
    ...value,
    unschedulable: undefined,
    taints: undefined,
    configSource: undefined,
    ...(podCidrs(old).length === 0 ? { podCIDR: undefined, podCIDRs: undefined } : {}),
    ...((old.providerID ?? '') === '' ? { providerID: undefined } : {}),
  });
  if (!semanticEqual(fixed(spec), fixed(old))) {
    const text =
      'node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)';
    errors.push(forbidden('[]', text));
  }
  return errors;
}

/** The API server says `metadata.taints`, though taints are in the spec. */
function validateTaints(taints: readonly Partial<Taint>[]): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const field = `metadata.taints[${index}]`;
    const { key = '', value = '', effect = '' } = taint;
    const errors = [...eachInvalid(`${field}.key`, key, qualifiedName(key)), ...eachInvalid(`${field}.value`, value, labelValue(value))];
    if (effect === '') errors.push(required(`${field}.effect`));
    else if (!(TAINT_EFFECTS as readonly string[]).includes(effect)) errors.push(notSupported(`${field}.effect`, effect, TAINT_EFFECTS));
    const unique = JSON.stringify([key, effect]);
    if (seen.has(unique)) errors.push(duplicate(field, taint, 'taints must be unique by key and effect pair'));
    seen.add(unique);
    return errors;
  });
}

function podCidrs({ podCIDR = '', podCIDRs = [] }: NodeSpec): readonly string[] {
  return podCIDRs.length > 0 || podCIDR === '' ? podCIDRs : [podCIDR];
}

function isCidr(text: string): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const version = isIP(address);
  return version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}
