import { RESOURCES, type ApiResource, type KubeObject } from '../../../../protocol/kubernetes.ts';
import { AGE_COLUMN, at, column, NAME_COLUMN, orText, valueAt, wide, type Column } from './column.ts';
import type { Service } from './service-types.ts';
import { labelsText } from './workload-columns.ts';

const SHOWN = 3;
const BALANCER_WIDTH = 16;

/** The columns of Services and of what stands behind them, of disruption budgets and priority classes. */
export const NETWORK_COLUMNS: readonly (readonly [ApiResource, readonly Column[]])[] = [
  [
    RESOURCES.service,
    [
      NAME_COLUMN,
      column('Type', 'How the service is reached.', at('spec', 'type')),
      column('Cluster-IP', 'Its address inside the cluster.', (object) => orText((object as Service).spec?.clusterIP)),
      column('External-IP', 'Its addresses outside of the cluster.', externalIp),
      column('Port(s)', 'Its ports.', servicePorts),
      AGE_COLUMN,
      wide('Selector', 'Which pods are behind it.', (object) => labelsText((object as Service).spec?.selector)),
    ],
  ],
  [RESOURCES.endpoints, [NAME_COLUMN, column('Endpoints', 'The addresses and ports that are ready.', endpoints), AGE_COLUMN]],
  [
    RESOURCES.endpointSlice,
    [
      NAME_COLUMN,
      column('AddressType', 'What the addresses are.', at('addressType')),
      column('Ports', 'The ports of every endpoint.', slicePorts),
      column('Endpoints', 'The addresses.', (object) => firstOf(listAt(object, 'endpoints').flatMap((each) => listAt(each, 'addresses')))),
      AGE_COLUMN,
    ],
  ],
  [
    RESOURCES.podDisruptionBudget,
    [
      NAME_COLUMN,
      column('Min Available', 'How many pods must be left.', (object) => amount(object, 'minAvailable')),
      column('Max Unavailable', 'How many pods may be away.', (object) => amount(object, 'maxUnavailable')),
      {
        ...column(
          'Allowed Disruptions',
          'How many pods may be evicted now.',
          (object) => valueAt(object, 'status', 'disruptionsAllowed') ?? 0,
        ),
        type: 'integer',
      },
      AGE_COLUMN,
    ],
  ],
  [
    RESOURCES.priorityClass,
    [
      NAME_COLUMN,
      { ...column('Value', 'The priority of pods of this class.', (object) => valueAt(object, 'value') ?? 0), type: 'integer' },
      {
        ...column(
          'Global-Default',
          'Whether pods that name no class are of this one.',
          (object) => valueAt(object, 'globalDefault') === true,
        ),
        type: 'boolean',
      },
      AGE_COLUMN,
    ],
  ],
];

function externalIp(object: KubeObject): string {
  const { spec = {}, status } = object as Service;
  const { type, externalIPs = [], externalName = '' } = spec;
  if (type === 'ExternalName') return externalName;
  if (type !== 'LoadBalancer') return orText(externalIPs.join(','));
  const ingress = listAt(status?.loadBalancer, 'ingress').map((each) => valueAt(each, 'ip') ?? valueAt(each, 'hostname'));
  const all = ingress.filter((address) => typeof address === 'string').join(',');
  const shown = all.length > BALANCER_WIDTH ? `${all.slice(0, BALANCER_WIDTH - 3)}...` : all;
  return orText([shown, ...externalIPs].filter((text) => text !== '').join(','), '<pending>');
}

function servicePorts(object: KubeObject): string {
  const ports = (object as Service).spec?.ports ?? [];
  const texts = ports.map(({ port = 0, nodePort = 0, protocol = '' }) => `${port}${nodePort === 0 ? '' : `:${nodePort}`}/${protocol}`);
  return orText(texts.join(','));
}

/** The first few addresses with each port, and how many more there are. */
function endpoints(object: KubeObject): string {
  const all = listAt(object, 'subsets').flatMap((subset) => {
    const addresses = listAt(subset, 'addresses').map((address) => String(valueAt(address, 'ip')));
    const ports = listAt(subset, 'ports').map((port) => String(valueAt(port, 'port')));
    if (ports.length === 0) return addresses;
    return ports.flatMap((port) => addresses.map((address) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)));
  });
  return firstOf(all, '<none>');
}

function slicePorts(object: KubeObject): string {
  return firstOf(listAt(object, 'ports').map((port) => valueAt(port, 'port') ?? '*'));
}

function firstOf(all: readonly unknown[], otherwise = '<unset>'): string {
  const shown = all.slice(0, SHOWN).map(String).join(',');
  return all.length > SHOWN ? `${shown} + ${all.length - SHOWN} more...` : orText(shown, otherwise);
}

function amount(object: KubeObject, field: string): string {
  const value = valueAt(object, 'spec', field);
  return typeof value === 'number' || typeof value === 'string' ? String(value) : 'N/A';
}

function listAt(object: unknown, field: string): unknown[] {
  const value = valueAt(object, field);
  return Array.isArray(value) ? value : [];
}
