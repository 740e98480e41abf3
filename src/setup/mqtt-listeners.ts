import type { MqttListener } from '../config/broker-config.ts';
import { KedgeError } from '../kernel/errors.ts';
import { claimPort } from './claim-port.ts';

const ADDRESS = '127.0.0.1';
/** KubeEdge's port of the internal broker, and the one that mappers try first. */
const INTERNAL = 1884;
const USUAL = 1883;

/**
 * Where the embedded broker will listen.
 * @param wanted ports of 127.0.0.1, without TLS, that were asked for; 0 chooses a free one. What listens elsewhere or with TLS stays.
 * @param present what is configured
 * @param own what our running daemon holds
 * @throws KedgeError PORT_IN_USE
 */
export async function chooseMqttListeners(
  wanted: readonly number[],
  present: readonly MqttListener[] | undefined,
  own: readonly MqttListener[],
  warn: (text: string) => void,
): Promise<MqttListener[]> {
  const claim = async (listener: MqttListener): Promise<MqttListener> => {
    const ours = own.some((other) => isSamePlace(other, listener));
    return ours ? listener : { ...listener, port: await claimPort(listener, { purpose: 'the MQTT broker', flag: '--mqtt-port' }) };
  };
  const chosen = wanted.length > 0 ? withPorts(wanted, present ?? []) : present;
  if (chosen !== undefined) return inTurn(chosen, claim);
  const internal = await claim({ address: ADDRESS, port: INTERNAL });
  try {
    return [internal, await claim({ address: ADDRESS, port: USUAL })];
  } catch (error) {
    if (!(error instanceof KedgeError) || error.code !== 'PORT_IN_USE') throw error;
    warn(`${error.message}; devices of kedge use port ${INTERNAL}`);
    return [internal];
  }
}

/** True when only one of them can listen: two listeners are told apart by address and port. */
export function isSamePlace(one: MqttListener, other: MqttListener): boolean {
  return one.address === other.address && one.port === other.port;
}

/** A free port that was chosen once stays. */
function withPorts(wanted: readonly number[], present: readonly MqttListener[]): MqttListener[] {
  const isPlain = ({ address, tls }: MqttListener): boolean => address === ADDRESS && tls === undefined;
  const before = present.filter(isPlain);
  const plain = wanted.map((port, index) => (port === 0 ? before[index] : undefined) ?? { address: ADDRESS, port });
  const others = present.filter((listener) => !isPlain(listener) && !plain.some((one) => isSamePlace(one, listener)));
  return [...plain, ...others];
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
