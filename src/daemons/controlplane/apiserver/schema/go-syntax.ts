import type { IntOrString } from './int-or-percent.ts';
import type { LabelSelector } from '../../../../protocol/label-selector.ts';
import type { ServicePort } from './service-types.ts';
import type { UpdateStrategy } from './workload-types.ts';

/** A value as Go's `%#v` prints it, where the API's messages have it so. */
export class GoSyntax {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** `map[string]string{"app":"a"}` */
export function goStringMap(map: Readonly<Record<string, string>> = {}): GoSyntax {
  const entries = Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return new GoSyntax('map[string]string(nil)');
  return new GoSyntax(`map[string]string{${entries.map(([key, value]) => `${quoted(key)}:${quoted(value)}`).join(', ')}}`);
}

/** `intstr.IntOrString{Type:1, IntVal:0, StrVal:"5%"}` */
export function goIntOrString(value: IntOrString = 0): GoSyntax {
  const [type, number, text] = typeof value === 'number' ? [0, value, ''] : [1, 0, value];
  return new GoSyntax(`intstr.IntOrString{Type:${type}, IntVal:${number}, StrVal:${quoted(text)}}`);
}

/** `v1.LabelSelector{MatchLabels:…, MatchExpressions:…}` */
export function goLabelSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): GoSyntax {
  const requirements = matchExpressions.map(
    ({ key = '', operator = '', values = [] }) =>
      `v1.LabelSelectorRequirement{Key:${quoted(key)}, Operator:${quoted(operator)}, Values:${goStringList(values).text}}`,
  );
  const list = '[]v1.LabelSelectorRequirement';
  const expressions = requirements.length === 0 ? `${list}(nil)` : `${list}{${requirements.join(', ')}}`;
  return new GoSyntax(`v1.LabelSelector{MatchLabels:${goStringMap(matchLabels).text}, MatchExpressions:${expressions}}`);
}

/** `apps.DeploymentStrategy{Type:"x", RollingUpdate:(*apps.RollingUpdateDeployment)(nil)}`; where a pointer points is nobody's matter. */
export function goUpdateStrategy({ type = '', rollingUpdate }: UpdateStrategy, of: 'Deployment' | 'DaemonSet'): GoSyntax {
  const name = of === 'Deployment' ? 'DeploymentStrategy' : 'DaemonSetUpdateStrategy';
  const pointer = `(*apps.RollingUpdate${of})(${rollingUpdate === undefined ? 'nil' : '0x0'})`;
  return new GoSyntax(`apps.${name}{Type:${quoted(type)}, RollingUpdate:${pointer}}`);
}

/** `[]string{"a", "b"}` */
export function goStringList(values: readonly string[]): GoSyntax {
  return new GoSyntax(values.length === 0 ? '[]string(nil)' : `[]string{${values.map(quoted).join(', ')}}`);
}

/** `core.ServicePort{…}` */
export function goServicePort({ name = '', protocol = '', port = 0, targetPort, nodePort = 0 }: ServicePort): GoSyntax {
  const texts = [
    `Name:${quoted(name)}`,
    `Protocol:${quoted(protocol)}`,
    'AppProtocol:(*string)(nil)',
    `Port:${port}`,
    `TargetPort:${goIntOrString(targetPort).text}`,
    `NodePort:${nodePort}`,
  ];
  return new GoSyntax(`core.ServicePort{${texts.join(', ')}}`);
}

export function goServicePorts(ports: readonly ServicePort[]): GoSyntax {
  return new GoSyntax(`[]core.ServicePort{${ports.map((port) => goServicePort(port).text).join(', ')}}`);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
