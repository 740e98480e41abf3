import { RESOURCES } from '../../../../protocol/kubernetes.ts';
import type { CertificateCondition, CertificateSigningRequest, KubeObject } from '../../../../protocol/kubernetes.ts';
import { forbidden } from '../schema/field-error.ts';
import type { Strategy } from '../served-resource.ts';
import { invalid, type StatusError } from '../status-error.ts';
import { open, part, restore } from './meta-strategy.ts';

/**
 * Who asks is who is connected, whatever the request says. The decision comes through /approval, the certificate through /status, and
 * neither can take a decision back (Kubernetes' strategy of certificates.k8s.io/v1).
 */
export const certificateStrategy: Strategy = {
  prepareForCreate: (object, { user }) => {
    const spec = part(object, 'spec');
    for (const field of ['uid', 'extra']) Reflect.deleteProperty(spec, field);
    const { name: username, groups, uid, extra } = user;
    open(object)['spec'] = { ...spec, username, groups: [...groups], ...(uid !== undefined && { uid }), ...(extra && { extra }) };
    open(object)['status'] = {};
  },
  prepareForUpdate: (object, old) => {
    restore(object, old, 'spec');
    restore(object, old, 'status');
  },
  prepareForApproval: (object, old, { now }) => {
    const conditions = stamped(conditionsOf(object), old, now);
    restore(object, old, 'spec');
    open(object)['status'] = { ...statusOf(old), conditions };
  },
  prepareForStatusUpdate: (object, old, { now }) => {
    const added = conditionsOf(object).find(({ type }) => type !== 'Failed' && !has(old, type));
    if (added !== undefined) throw refused(object, `updates may not add a condition of type "${added.type}"`);
    const { certificate } = statusOf(object);
    const conditions = stamped(conditionsOf(object), old, now);
    restore(object, old, 'spec');
    open(object)['status'] = {
      ...(certificate === undefined ? {} : { certificate }),
      ...(conditions.length === 0 ? {} : { conditions }),
    };
  },
};

function refused({ metadata }: KubeObject, detail: string): StatusError {
  return invalid(RESOURCES.certificateSigningRequest, metadata.name, [forbidden('status.conditions', detail)]);
}

function has(request: KubeObject, type: string): boolean {
  return conditionsOf(request).some((condition) => condition.type === type);
}

function statusOf(object: KubeObject): NonNullable<CertificateSigningRequest['status']> {
  return (object as CertificateSigningRequest).status ?? {};
}

function conditionsOf(object: KubeObject): CertificateCondition[] {
  return statusOf(object).conditions ?? [];
}

function stamped(conditions: readonly CertificateCondition[], old: KubeObject, now: string): CertificateCondition[] {
  return conditions.map((condition) => {
    const before = conditionsOf(old).find(({ type }) => type === condition.type);
    return {
      ...condition,
      status: condition.status ?? 'True',
      lastUpdateTime: before?.lastUpdateTime ?? condition.lastUpdateTime ?? now,
      lastTransitionTime: before?.lastTransitionTime ?? now,
    };
  });
}
