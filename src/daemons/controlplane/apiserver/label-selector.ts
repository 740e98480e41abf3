import { labelValue, qualifiedName, type NameRule } from './schema/name-rules.ts';
import { badRequest } from './status-error.ts';

export type LabelPredicate = (labels: Readonly<Record<string, string>>) => boolean;

const KEY = String.raw`[^\s=!(),<>]+`;
const VALUE = String.raw`[^\s=!(),<>]*`;
/** Whether a label's value, undefined when there is no such label, is as the requirement says. */
type Test = (value: string | undefined, given: readonly string[]) => boolean;

const isOneOf: Test = (value, given) => value !== undefined && given.includes(value);
const FORMS: readonly [RegExp, Test][] = [
  [new RegExp(`^(${KEY})\\s*(?:=|==)\\s*(${VALUE})$`), isOneOf],
  [new RegExp(`^(${KEY})\\s*!=\\s*(${VALUE})$`), (value, given) => !isOneOf(value, given)],
  [new RegExp(`^(${KEY})\\s+in\\s*\\(([^()]*)\\)$`), isOneOf],
  [new RegExp(`^(${KEY})\\s+notin\\s*\\(([^()]*)\\)$`), (value, given) => !isOneOf(value, given)],
  [new RegExp(`^(${KEY})\\s*>\\s*(-?\\d+)$`), (value, [bound]) => numberOf(value) > Number(bound)],
  [new RegExp(`^(${KEY})\\s*<\\s*(-?\\d+)$`), (value, [bound]) => numberOf(value) < Number(bound)],
  [new RegExp(`^(${KEY})$`), (value) => value !== undefined],
  [new RegExp(`^!\\s*(${KEY})$`), (value) => value === undefined],
];

/**
 * Reads a label selector: `a=b`, `a==b`, `a!=b`, `a in (x,y)`, `a notin (x)`, `a`, `!a`, `a>1`, `a<1`, joined by commas.
 * @throws StatusError 400
 */
export function parseLabelSelector(selector: string): LabelPredicate {
  if (selector.trim() === '') return () => true;
  const requirements = splitOutsideParentheses(selector).map((text) => requirement(text.trim(), selector));
  return (labels) => requirements.every((matches) => matches(labels));
}

function requirement(text: string, selector: string): LabelPredicate {
  for (const [form, test] of FORMS) {
    const [, key, list] = form.exec(text) ?? [];
    if (key === undefined) continue;
    const values = list === undefined ? [] : list.split(',').map((value) => value.trim());
    const errors = [
      ...wrong('<nil>', key, qualifiedName),
      ...values.flatMap((value, index) => wrong(`values[${index}]`, value, labelValue)),
    ];
    if (errors.length === 0) return (labels) => test(Object.hasOwn(labels, key) ? labels[key] : undefined, values);
    throw badRequest(`unable to parse requirement: ${errors.length === 1 ? errors.join() : `[${errors.join(', ')}]`}`);
  }
  throw badRequest(`unable to parse requirement: "${text}" in the label selector "${selector}"`);
}

/** In Kubernetes' words since 1.21; a key stands nowhere, which Go calls `<nil>`. */
function wrong(place: string, value: string, rule: NameRule): string[] {
  const details = rule(value);
  return details.length === 0 ? [] : [`${place}: Invalid value: ${JSON.stringify(value)}: ${details.join('; ')}`];
}

/** In one pass: selectors come from requests and may be long. */
function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let isOpen = false;
  for (const part of text.split(',')) {
    if (isOpen) parts.push(`${parts.pop() ?? ''},${part}`);
    else parts.push(part);
    isOpen = part.lastIndexOf('(') > part.lastIndexOf(')') || (isOpen && !part.includes(')'));
  }
  return parts;
}

function numberOf(value: string | undefined): number {
  return value !== undefined && /^-?\d+$/.test(value) ? Number(value) : NaN;
}
