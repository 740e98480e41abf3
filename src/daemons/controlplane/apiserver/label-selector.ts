import { badRequest } from './status-error.ts';

export type LabelPredicate = (labels: Readonly<Record<string, string>>) => boolean;

const KEY = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?`;
const VALUE = String.raw`[A-Za-z0-9._-]*`;
const FORMS: readonly [RegExp, (key: string, argument: string) => LabelPredicate][] = [
  [new RegExp(`^(${KEY})\\s*(?:=|==)\\s*(${VALUE})$`), (key, value) => (labels) => own(labels, key) === value],
  [new RegExp(`^(${KEY})\\s*!=\\s*(${VALUE})$`), (key, value) => (labels) => own(labels, key) !== value],
  [new RegExp(`^(${KEY})\\s+in\\s*\\(([^()]*)\\)$`), (key, list) => oneOf(key, list)],
  [new RegExp(`^(${KEY})\\s+notin\\s*\\(([^()]*)\\)$`), (key, list) => not(oneOf(key, list))],
  [new RegExp(`^(${KEY})\\s*>\\s*(-?\\d+)$`), (key, bound) => (labels) => numberAt(labels, key) > Number(bound)],
  [new RegExp(`^(${KEY})\\s*<\\s*(-?\\d+)$`), (key, bound) => (labels) => numberAt(labels, key) < Number(bound)],
  [new RegExp(`^(${KEY})$`), (key) => (labels) => own(labels, key) !== undefined],
  [new RegExp(`^!\\s*(${KEY})$`), (key) => (labels) => own(labels, key) === undefined],
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
  for (const [form, predicate] of FORMS) {
    const match = form.exec(text);
    if (match !== null) return predicate(match[1] ?? '', match[2] ?? '');
  }
  throw badRequest(`unable to parse requirement: "${text}" in the label selector "${selector}"`);
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/);
}

function oneOf(key: string, list: string): LabelPredicate {
  const values = new Set(list.split(',').map((value) => value.trim()));
  return (labels) => {
    const value = own(labels, key);
    return value !== undefined && values.has(value);
  };
}

function not(predicate: LabelPredicate): LabelPredicate {
  return (labels) => !predicate(labels);
}

function own(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function numberAt(labels: Readonly<Record<string, string>>, key: string): number {
  const value = own(labels, key);
  return value !== undefined && /^-?\d+$/.test(value) ? Number(value) : NaN;
}
