import { eachInvalid, forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { portName, portNumber } from './name-rules.ts';
import type { Handler, Probe } from './pod-types.ts';

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;
const SCHEMES = ['HTTP', 'HTTPS'];
const HEADER = /^[-A-Za-z0-9]+$/;
const HEADER_TEXT =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
const SECONDS = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;

/** Checks what a probe or a lifecycle hook does: exactly one of its handlers. `grace` is the pod's terminationGracePeriodSeconds. */
export function validateHandler(handler: Handler, field: string, grace?: number): FieldError[] {
  const used = HANDLERS.filter((kind) => handler[kind] !== undefined);
  const [first, ...others] = used;
  if (first === undefined) return [required(field, 'must specify a handler type')];
  return [
    ...validateOne(handler, first, field, grace),
    ...others.map((kind) => forbidden(`${field}.${kind}`, 'may not specify more than 1 handler type')),
  ];
}

/** Checks a probe; one of readiness may ask for several successes, and ends nothing. */
export function validateProbe(probe: Probe, field: string, isReadiness: boolean): FieldError[] {
  const errors = validateHandler(probe, field);
  for (const key of SECONDS) {
    const value = probe[key] ?? 0;
    if (value < 0) errors.push(invalid(`${field}.${key}`, value, 'must be greater than or equal to 0'));
  }
  const { successThreshold = 1, terminationGracePeriodSeconds: grace } = probe;
  if (grace !== undefined) {
    const place = `${field}.terminationGracePeriodSeconds`;
    if (grace <= 0) errors.push(invalid(place, grace, 'must be greater than 0'));
    if (isReadiness) errors.push(invalid(place, grace, 'must not be set for readinessProbes'));
  }
  if (!isReadiness && successThreshold !== 1) errors.push(invalid(`${field}.successThreshold`, successThreshold, 'must be 1'));
  return errors;
}

function validateOne(handler: Handler, kind: (typeof HANDLERS)[number], field: string, grace: number | undefined): FieldError[] {
  if (kind === 'sleep') return validateSleep(handler.sleep?.seconds ?? 0, `${field}.sleep`, grace);
  if (kind === 'exec') return (handler.exec?.command ?? []).length === 0 ? [required(`${field}.exec.command`)] : [];
  const port = handler[kind]?.port ?? 0;
  const errors = typeof port === 'number' ? portNumber(port) : portName(port);
  return [
    ...eachInvalid(`${field}.${kind}.port`, port, errors),
    ...(kind === 'httpGet' ? validateHttp(handler.httpGet ?? {}, `${field}.httpGet`) : []),
  ];
}

/** A stop is not waited for longer than the pod has. */
function validateSleep(seconds: number, field: string, grace: number | undefined): FieldError[] {
  if (grace === undefined || (seconds > 0 && seconds <= grace)) return [];
  const text = `must be greater than 0 and less than terminationGracePeriodSeconds (${grace}). Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep.`;
  return [invalid(field, seconds, text)];
}

function validateHttp({ scheme = 'HTTP', httpHeaders = [] }: NonNullable<Handler['httpGet']>, field: string): FieldError[] {
  return [
    ...(SCHEMES.includes(scheme) ? [] : [notSupported(`${field}.scheme`, scheme, SCHEMES)]),
    ...httpHeaders.flatMap(({ name = '' }) => (HEADER.test(name) ? [] : [invalid(`${field}.httpHeaders`, name, HEADER_TEXT)])),
  ];
}
