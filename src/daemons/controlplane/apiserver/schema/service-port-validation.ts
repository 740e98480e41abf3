import { duplicate, eachInvalid, forbidden, notSupported, required, type FieldError } from './field-error.ts';
import { goServicePort } from './go-syntax.ts';
import { dnsLabel, portName, portNumber, qualifiedName } from './name-rules.ts';
import { PORT_PROTOCOLS, type ServicePort, type ServiceSpec } from './service-types.ts';

/** Checks the ports one by one, and that no two of them are the same. */
export function validateServicePorts({ ports = [], type }: ServiceSpec): FieldError[] {
  const names = new Set<string>();
  return [
    ...ports.flatMap((port, index) => validatePort(port, `spec.ports[${index}]`, ports.length > 1, names)),
    ...(type === 'ClusterIP' ? withoutNodePorts(ports) : []),
    ...sameNodePorts(ports),
    ...samePorts(ports),
  ];
}

function validatePort(port: ServicePort, field: string, needsName: boolean, names: Set<string>): FieldError[] {
  const { name = '', port: number = 0, protocol = '', targetPort = 0, appProtocol } = port;
  const errors: FieldError[] = [];
  if (name === '') errors.push(...(needsName ? [required(`${field}.name`)] : []));
  else {
    errors.push(...eachInvalid(`${field}.name`, name, dnsLabel(name)));
    if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
  }
  errors.push(...eachInvalid(`${field}.port`, number, portNumber(number)));
  if (protocol === '') errors.push(required(`${field}.protocol`));
  else if (!PORT_PROTOCOLS.includes(protocol)) errors.push(notSupported(`${field}.protocol`, protocol, PORT_PROTOCOLS));
  const target = typeof targetPort === 'number' ? portNumber(targetPort) : portName(targetPort);
  errors.push(...eachInvalid(`${field}.targetPort`, targetPort, target));
  if (appProtocol !== undefined) errors.push(...eachInvalid(`${field}.appProtocol`, appProtocol, qualifiedName(appProtocol)));
  return errors;
}

function withoutNodePorts(ports: readonly ServicePort[]): FieldError[] {
  return ports.flatMap(({ nodePort = 0 }, index) =>
    nodePort === 0 ? [] : [forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'")],
  );
}

function sameNodePorts(ports: readonly ServicePort[]): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(({ nodePort = 0, protocol = '' }, index) => {
    const key = `${protocol}/${nodePort}`;
    if (nodePort === 0 || !seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [duplicate(`spec.ports[${index}].nodePort`, nodePort)];
  });
}

function samePorts(ports: readonly ServicePort[]): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const key = `${port.protocol ?? ''}/${port.port ?? 0}`;
    const isSeen = seen.has(key);
    seen.add(key);
    return isSeen ? [duplicate(`spec.ports[${index}]`, goServicePort({ protocol: port.protocol ?? '', port: port.port ?? 0 }))] : [];
  });
}
