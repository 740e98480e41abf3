import { isIP } from 'node:net';

/** What is wrong with a name; empty if nothing is. The texts are the Kubernetes API's. */
export type NameRule = (value: string) => string[];

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const DNS_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const ENV_NAME = '[-._a-zA-Z][-._a-zA-Z0-9]*';

/** The patterns are quadratic; no rule takes names that are as long as this. */
const MAX_MATCHED = 1024;

const matches = (pattern: string, value: string): boolean => value.length <= MAX_MATCHED && whole(pattern).test(value);
const compiled = new Map<string, RegExp>();

/** The patterns are those of this file, so few. */
function whole(pattern: string): RegExp {
  const known = compiled.get(pattern) ?? new RegExp(`^${pattern}$`);
  compiled.set(pattern, known);
  return known;
}

const atMost = (length: number): string => `must be no more than ${length} characters`;
const bytes = (value: string): number => Buffer.byteLength(value);

function explained(text: string, pattern: string, ...examples: string[]): string {
  const list = examples.map((example) => `'${example}', `).join(' or ');
  return `${text} (e.g. ${list}regex used for validation is '${pattern}')`;
}

const subdomainText = explained(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN,
  'example.com',
);
const nameText = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`;
const qualifiedText = explained(nameText, QUALIFIED, 'MyName', 'my.name', '123-abc');

function dns(length: number, pattern: string, text: string): NameRule {
  return (value) => [...(bytes(value) > length ? [atMost(length)] : []), ...(matches(pattern, value) ? [] : [text])];
}

export const dnsSubdomain: NameRule = dns(253, SUBDOMAIN, subdomainText);

export const dnsLabel: NameRule = dns(
  63,
  LABEL,
  explained(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
    LABEL,
    'my-name',
    '123-abc',
  ),
);

export const dns1035Label: NameRule = dns(
  63,
  DNS_1035,
  explained(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    DNS_1035,
    'my-name',
    'abc-123',
  ),
);

/** A label's or annotation's key: `[prefix/]name`. */
export const qualifiedName: NameRule = (value) => {
  const parts = value.split('/');
  if (parts.length > 2)
    return [`a qualified name ${qualifiedText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const errors: string[] = [];
  const name = parts.at(-1) ?? '';
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') errors.push('prefix part must be non-empty');
    else errors.push(...dnsSubdomain(prefix).map((text) => `prefix part ${text}`));
  }
  if (name === '') errors.push('name part must be non-empty');
  else if (name.length > 63) errors.push(`name part ${atMost(63)}`);
  if (!matches(QUALIFIED, name)) errors.push(`name part ${qualifiedText}`);
  return errors;
};

export const labelValue: NameRule = dns(
  63,
  LABEL_VALUE,
  explained(
    `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
    LABEL_VALUE,
    'MyValue',
    'my_value',
    '12345',
  ),
);

/** A key of a ConfigMap or Secret: also the name of a file. */
export const configMapKey: NameRule = (value) => {
  const errors = value.length > 253 ? [atMost(253)] : [];
  if (!matches(CONFIG_KEY, value)) {
    errors.push(
      explained(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        CONFIG_KEY,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  }
  return [...errors, ...notDots(value)];
};

export const environmentName: NameRule = (value) => {
  const text =
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit";
  const errors = matches(ENV_NAME, value) ? [] : [explained(text, ENV_NAME, 'my.env-name', 'MY_ENV.NAME', 'MyEnvName1')];
  return [...errors, ...notDots(value)];
};

function notDots(value: string): string[] {
  if (value === '.' || value === '..') return [`must not be '${value}'`];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

/** An IANA service name, as container ports have. */
export const portName: NameRule = (value) => {
  const errors: string[] = [];
  if (value.length > 15) errors.push(atMost(15));
  if (!/^[-a-z0-9]+$/.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter or number (a-z, 0-9)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
};

export function portNumber(value: number): string[] {
  return value >= 1 && value <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}

export const ipAddress: NameRule = (value) => (isIP(value) === 0 ? ['must be valid IP address'] : []);

/** The same, in the words of newer checks. */
export const validIp: NameRule = (value) => (isIP(value) === 0 ? ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'] : []);

/** A name that the server will complete: what follows the last dash is not there yet. */
export function asPrefix(rule: NameRule): NameRule {
  return (value) => rule(value.endsWith('-') ? `${value.slice(0, -1)}a` : value);
}

/** A name that may hold whatever a part of a path may. */
export function pathSegment(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
}
