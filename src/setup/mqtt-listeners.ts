import { KedgeError } from '../kernel/errors.ts';
import type { Listener } from '../kernel/listen.ts';
import { claimPort } from './claim-port.ts';

const ADDRESS = '127.0.0.1';
/** KubeEdge's port of the internal broker, and the one that mappers try first. */
const INTERNAL = 1884;
const USUAL = 1883;

/**
 * Where the embedded broker will listen.
 * @param wanted ports that were asked for; 0 chooses a free one
 * @param present what is configured
 * @param own what our running daemon holds
 * @throws KedgeError PORT_IN_USE
 */
export async function chooseMqttListeners(
  wanted: readonly number[],
  present: readonly Listener[] | undefined,
  own: readonly Listener[],
  warn: (text: string) => void,
): Promise<Listener[]> {
  const claim = async (listener: Listener): Promise<Listener> => {
    const ours = own.some(({ address, port }) => address === listener.address && port === listener.port);
    return ours ? listener : { ...listener, port: await claimPort(listener, { purpose: 'the MQTT broker', flag: '--mqtt-port' }) };
  };
  const chosen = wanted.length > 0 ? wanted.map((port, index) => keepChosen(port, present?.[index])) : present;
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

/** A free port that was chosen once stays. */
function keepChosen(port: number, present: Listener | undefined): Listener {
  return port === 0 && present !== undefined ? present : { address: ADDRESS, port };
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
