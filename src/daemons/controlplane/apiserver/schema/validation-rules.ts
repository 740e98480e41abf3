import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { CrdObject } from './crd-types.ts';
import { invalid, notSupported, required, type FieldError } from './field-error.ts';
import type { SchemaNode } from './schema-node.ts';

export const RULES = 'x-kubernetes-validations';
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** A rule in CEL about a value of a custom resource. It is checked in form and kept, and never evaluated. */
export interface ValidationRule {
  readonly rule?: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

/** Checks all of the rules at one place of a schema but their expressions. */
export function validateRules({ [RULES]: rules = [] }: SchemaNode, place: string): FieldError[] {
  return rules.flatMap((rule, index) => validateRule(rule, `${place}.${RULES}[${index}]`));
}

function validateRule(
  { rule = '', message = '', messageExpression = '', reason, fieldPath = '' }: ValidationRule,
  field: string,
): FieldError[] {
  const errors = messageErrors(rule.trim(), message, field);
  if (messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(required(`${field}.messageExpression`, 'messageExpression must be non-empty if specified'));
  }
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(`${field}.reason`, reason, REASONS));
  if (fieldPath !== '' && fieldPath.trim() === '') {
    errors.push(invalid(`${field}.fieldPath`, fieldPath, 'fieldPath must be non-empty if specified'));
  }
  if (hasLines(fieldPath)) errors.push(invalid(`${field}.fieldPath`, fieldPath, 'fieldPath must not contain line breaks'));
  return errors;
}

function messageErrors(rule: string, message: string, field: string): FieldError[] {
  const said = message.trim();
  if (rule === '') return [required(`${field}.rule`, 'rule is not specified')];
  if (message !== '' && said === '') return [invalid(`${field}.message`, message, 'message must be non-empty if specified')];
  if (hasLines(said)) return [invalid(`${field}.message`, message, 'message must not contain line breaks')];
  if (!hasLines(rule) || said !== '') return [];
  return [required(`${field}.message`, 'message must be specified if rule contains line breaks')];
}

function hasLines(text: string): boolean {
  return /[\n\r]/.test(text);
}

/** What somebody should know who makes or changes a definition: that its rules do nothing here. */
export function rulesWarning(definition: KubeObject): string[] {
  const { spec: { versions = [] } = {} } = definition as CrdObject;
  const count = versions.reduce((sum, { schema }) => sum + countRules(schema?.openAPIV3Schema), 0);
  if (count === 0) return [];
  const rules = count === 1 ? '1 rule' : `${count} rules`;
  return [`spec.versions: ${rules} in ${RULES} kept, but not evaluated: this API server has no CEL`];
}

function countRules(node: SchemaNode | undefined): number {
  if (node === undefined) return 0;
  const { properties = {}, items, additionalProperties: values } = node;
  const below = [...Object.values(properties), items, typeof values === 'object' ? values : undefined];
  return below.reduce((sum, child) => sum + countRules(child), node[RULES]?.length ?? 0);
}
