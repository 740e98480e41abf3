import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { CrdNames, CrdObject, CrdSpec, CrdVersion } from './crd-types.ts';
import { eachInvalid, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { dns1035Label, dnsSubdomain, type NameRule } from './name-rules.ts';
import { validateSelectableFields } from './selectable-fields.ts';
import { validateStructural } from './structural-schema.ts';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const APPROVAL = 'api-approved.kubernetes.io';

/** What is wrong with a CustomResourceDefinition itself (its metadata apart); `old` is what is stored, for an update. */
export function validateCrd(crd: KubeObject, old?: KubeObject): FieldError[] {
  const spec = (crd as CrdObject).spec ?? {};
  const { group = '', names = {}, scope = '' } = spec;
  return [
    ...(old !== undefined || crd.metadata.name === `${names.plural ?? ''}.${group}`
      ? []
      : [invalid('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group')]),
    ...validateGroup(crd, group),
    ...(scope === ''
      ? [required('spec.scope')]
      : ['Cluster', 'Namespaced'].includes(scope)
        ? []
        : [notSupported('spec.scope', scope, ['Cluster', 'Namespaced'])]),
    ...validateNames(names),
    ...validateVersions(spec),
    ...validateConversion(spec),
    ...(old === undefined ? [] : validateCrdUpdate(spec, old)),
  ];
}

/** A copy with the defaults of apiextensions.k8s.io/v1: names.singular, names.listKind, conversion. */
export function crdDefaults(crd: KubeObject): KubeObject {
  const { spec = {} } = crd as CrdObject;
  const { names = {} } = spec;
  const kind = names.kind ?? '';
  const defaulted: CrdNames =
    kind === ''
      ? names
      : { ...names, singular: orElse(names.singular, kind.toLowerCase()), listKind: orElse(names.listKind, `${kind}List`) };
  return { ...crd, spec: { ...spec, names: defaulted, conversion: spec.conversion ?? { strategy: 'None' } } } as CrdObject;
}

function orElse(value: string | undefined, otherwise: string): string {
  return value === undefined || value === '' ? otherwise : value;
}

function validateGroup(crd: KubeObject, group: string): FieldError[] {
  if (group === '') return [required('spec.group')];
  const errors = eachInvalid('spec.group', group, dnsSubdomain(group));
  if (!group.includes('.')) errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  const isProtected = /(^|\.)(k8s|kubernetes)\.io$/.test(group);
  if (isProtected && (crd.metadata.annotations?.[APPROVAL] ?? '') === '') {
    const text = `protected groups must have approval annotation "${APPROVAL}", see https://github.com/kubernetes/enhancements/pull/1111`;
    errors.push(required(`metadata.annotations[${APPROVAL}]`, text));
  }
  return errors;
}

function validateNames(names: CrdNames): FieldError[] {
  const { kind = '', listKind = '' } = names;
  const mixedCase: NameRule = (name) =>
    dns1035Label(name.toLowerCase()).map((text) => `may have mixed case, but should otherwise match: ${text}`);
  return [
    ...name('spec.names.plural', names.plural, dns1035Label),
    ...name('spec.names.singular', names.singular, dns1035Label),
    ...name('spec.names.kind', kind, mixedCase),
    ...name('spec.names.listKind', listKind, mixedCase),
    ...(kind !== '' && kind === listKind ? [invalid('spec.names.listKind', listKind, 'kind and listKind may not be the same')] : []),
    ...(names.shortNames ?? []).flatMap((text, index) => eachInvalid(`spec.names.shortNames[${index}]`, text, dns1035Label(text))),
    ...(names.categories ?? []).flatMap((text, index) => eachInvalid(`spec.names.categories[${index}]`, text, dns1035Label(text))),
  ];
}

function name(field: string, value: string | undefined, rule: NameRule): FieldError[] {
  return value === undefined || value === '' ? [required(field)] : eachInvalid(field, value, rule(value));
}

function validateVersions({ versions = [], preserveUnknownFields }: CrdSpec): FieldError[] {
  const names = versions.map((version) => version.name ?? '');
  const errors = versions.flatMap((version, index) => validateVersion(version, index, versions.length));
  if (new Set(names).size < names.length) errors.push(invalid('spec.versions', names, 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage === true).length !== 1) {
    errors.push(invalid('spec.versions', names, 'must have exactly one version marked as storage version'));
  }
  if (preserveUnknownFields === true) {
    const text = 'cannot set to true, set x-preserve-unknown-fields to true in spec.versions[*].schema instead';
    errors.push(invalid('spec.preserveUnknownFields', true, text));
  }
  return errors;
}

function validateVersion(version: CrdVersion, index: number, count: number): FieldError[] {
  const field = `spec.versions[${index}]`;
  // The API server reports on the only version as if it stood in the spec itself.
  const place = count === 1 ? 'spec' : field;
  const errors = eachInvalid(`${field}.name`, version.name ?? '', dns1035Label(version.name ?? ''));
  const schema = version.schema?.openAPIV3Schema;
  if (schema === undefined) errors.push(required(`${field}.schema.openAPIV3Schema`, 'schemas are required'));
  else errors.push(...validateStructural(schema, count === 1 ? 'spec.validation.openAPIV3Schema' : `${field}.schema.openAPIV3Schema`));
  const { scale } = version.subresources ?? {};
  for (const path of ['specReplicasPath', 'statusReplicasPath'] as const) {
    if (scale !== undefined && (scale[path] ?? '') === '') errors.push(required(`${place}.subresources.scale.${path}`));
  }
  return [
    ...errors,
    ...validateColumns(version, `${place}.additionalPrinterColumns`),
    ...validateSelectableFields(version, `${place}.selectableFields`),
  ];
}

function validateColumns({ additionalPrinterColumns = [] }: CrdVersion, list: string): FieldError[] {
  return additionalPrinterColumns.flatMap((column, index) => {
    const field = `${list}[${index}]`;
    const { type = '', format = '', jsonPath = '' } = column;
    const errors: FieldError[] = [];
    if ((column.name ?? '') === '') errors.push(required(`${field}.name`));
    if (type === '') errors.push(required(`${field}.type`, `must be one of ${COLUMN_TYPES.join(',')}`));
    else if (!COLUMN_TYPES.includes(type)) errors.push(invalid(`${field}.type`, type, `must be one of ${COLUMN_TYPES.join(',')}`));
    if (format !== '' && !COLUMN_FORMATS.includes(format)) {
      errors.push(invalid(`${field}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`));
    }
    if (jsonPath === '') errors.push(required(`${field}.JSONPath`));
    else if (!jsonPath.startsWith('.')) errors.push(invalid(`${field}.JSONPath`, jsonPath, 'must be a simple json path starting with .'));
    return errors;
  });
}

function validateConversion({ conversion = {} }: CrdSpec): FieldError[] {
  const { strategy = 'None', webhook } = conversion;
  if (strategy === 'None') return [];
  if (strategy !== 'Webhook') return [notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook'])];
  return [
    ...(webhook?.clientConfig === undefined
      ? [required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook')]
      : []),
    ...((webhook?.conversionReviewVersions ?? []).length === 0 ? [required('spec.conversion.conversionReviewVersions')] : []),
  ];
}

/** Its objects are stored under its group and plural; once it is served, its kind and scope are settled too. */
function validateCrdUpdate(spec: CrdSpec, { spec: old = {}, status }: CrdObject): FieldError[] {
  const isEstablished = status?.conditions?.some((condition) => condition.type === 'Established' && condition.status === 'True') === true;
  const settled: [string, unknown, unknown][] = [
    ['spec.scope', spec.scope, old.scope],
    ['spec.names.kind', spec.names?.kind, old.names?.kind],
  ];
  const fixed: [string, unknown, unknown][] = [
    ['spec.group', spec.group, old.group],
    ['spec.names.plural', spec.names?.plural, old.names?.plural],
    ...(isEstablished ? settled : []),
  ];
  return fixed.filter(([, now, before]) => now !== before).map(([field, now]) => invalid(field, now, 'field is immutable'));
}
