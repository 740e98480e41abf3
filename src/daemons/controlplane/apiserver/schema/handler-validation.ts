import { eachInvalid, forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { portName, portNumber } from './name-rules.ts';
import type { Handler, Probe } from './pod-types.ts';

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const;
const SCHEMES = ['HTTP', 'HTTPS'];
const HEADER = /^[-A-Za-z0-9]+$/;
const HEADER_TEXT =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
const SECONDS = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;

/** Checks what a probe or a lifecycle hook does: exactly one of its handlers. */
export function validateHandler(handler: Handler, field: string): FieldError[] {
  const used = HANDLERS.filter((kind) => handler[kind] !== undefined);
  const [first, ...others] = used;
  if (first === undefined) return [required(field, 'must specify a handler type')];
  return [
    ...validateOne(handler, first, field),
    ...others.map((kind) => forbidden(`${field}.${kind}`, 'may not specify more than 1 handler type')),
  ];
}

export function validateProbe(probe: Probe, field: string, oneSuccess: boolean): FieldError[] {
  const errors = validateHandler(probe, field);
  for (const key of SECONDS) {
    const value = probe[key] ?? 0;
    if (value < 0) errors.push(invalid(`${field}.${key}`, value, 'must be greater than or equal to 0'));
  }
  const { successThreshold = 1 } = probe;
  if (oneSuccess && successThreshold !== 1) errors.push(invalid(`${field}.successThreshold`, successThreshold, 'must be 1'));
  return errors;
}

function validateOne(handler: Handler, kind: (typeof HANDLERS)[number], field: string): FieldError[] {
  if (kind === 'exec') return (handler.exec?.command ?? []).length === 0 ? [required(`${field}.exec.command`)] : [];
  const port = handler[kind]?.port ?? 0;
  const errors = typeof port === 'number' ? portNumber(port) : portName(port);
  return [
    ...eachInvalid(`${field}.${kind}.port`, port, errors),
    ...(kind === 'httpGet' ? validateHttp(handler.httpGet ?? {}, `${field}.httpGet`) : []),
  ];
}

function validateHttp({ scheme = 'HTTP', httpHeaders = [] }: NonNullable<Handler['httpGet']>, field: string): FieldError[] {
  return [
    ...(SCHEMES.includes(scheme) ? [] : [notSupported(`${field}.scheme`, scheme, SCHEMES)]),
    ...httpHeaders.flatMap(({ name = '' }) => (HEADER.test(name) ? [] : [invalid(`${field}.httpHeaders`, name, HEADER_TEXT)])),
  ];
}
