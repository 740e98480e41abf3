import { checkExternalBroker, readEndpoint } from '../config/external-broker.ts';
import type { ExternalBroker } from '../config/external-broker.ts';
import type { BrokerEndpoint } from '../protocol/broker-endpoint.ts';

/** What a person gives of a broker on a command line. */
export interface BrokerChoice {
  readonly url?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly username?: string | undefined;
  /** `-` for standard input. */
  readonly 'password-file'?: string | undefined;
}

/**
 * The broker that was chosen, with what its files hold.
 * @param known what is taken where the choice says nothing; its files are named from here
 * @throws KedgeError INVALID_INPUT when a file cannot be read, or what was given does not fit together
 */
export function chosenEndpoint(choice: BrokerChoice, known: ExternalBroker): Promise<BrokerEndpoint> {
  const { url = known.url, ca, cert, key, username } = choice;
  const secret = choice['password-file'];
  const broker: ExternalBroker = {
    ...known,
    url,
    ...(ca !== undefined && { caFile: ca }),
    ...(cert !== undefined && { certFile: cert }),
    ...(key !== undefined && { keyFile: key }),
    ...(username !== undefined && { username }),
    ...(secret !== undefined && { passwordFile: secret === '-' ? '/dev/stdin' : secret }),
  };
  return readEndpoint('.', checkExternalBroker(broker));
}
