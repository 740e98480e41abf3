import { KedgeError, messageOf } from '../kernel/errors.ts';
import { parseProxy } from '../protocol/proxy.ts';
import type { ProxySettings } from '../protocol/proxy.ts';

export interface ProxyOptions {
  /** `--proxy`: a URL without a password, or `none`. */
  readonly flag?: string | undefined;
  /** Its `HTTPS_PROXY` and `NO_PROXY`, in either case, count where the flag is not given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The proxy to configure: of the flag, else of the environment, else the present one. A daemon has none of these variables, so the
 * configuration keeps what they say.
 * @throws KedgeError INVALID_INPUT when it is no HTTP proxy, USAGE when the flag holds a password
 */
export function chooseProxy({ flag, env = {} }: ProxyOptions, present: ProxySettings = {}): ProxySettings {
  if (flag === 'none') return {};
  const proxy = flag ?? either(env, 'HTTPS_PROXY') ?? present.proxy;
  if (proxy === undefined) return {};
  check(proxy, flag === undefined ? 'HTTPS_PROXY' : '--proxy');
  const noProxy = either(env, 'NO_PROXY') ?? present.noProxy;
  return { proxy, ...(noProxy !== undefined && { noProxy }) };
}

/** Settings of which the proxy is chosen anew. */
export function withoutProxy(settings: object = {}): object {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => key !== 'proxy' && key !== 'noProxy'));
}

function check(proxy: string, where: '--proxy' | 'HTTPS_PROXY'): void {
  try {
    if (parseProxy(proxy).password === '' || where !== '--proxy') return;
  } catch (error) {
    throw new KedgeError('INVALID_INPUT', `${where}: ${messageOf(error)}`, {
      hint: 'kedge join edge --proxy http://HOST:PORT, or --proxy none',
    });
  }
  throw new KedgeError('USAGE', '--proxy holds a password, which other users of this machine can see among the arguments', {
    hint: 'give it in the environment: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT kedge join edge',
  });
}

/** Go takes the first of the two that is not empty. */
function either(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return [env[name], env[name.toLowerCase()]].find((value) => value !== undefined && value !== '');
}
