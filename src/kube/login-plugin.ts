import type { RequestOptions } from 'node:https';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { KubeconfigUser } from '../protocol/kubeconfig.ts';
import type { Credentials } from './credentials.ts';

/** Credentials that a login plugin (exec, auth-provider) gives. A token is asked for again with each request; the plugin's cache decides. */
export async function pluginCredentials(user: KubeconfigUser, where: string): Promise<Omit<Credentials, 'server'>> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'cluster', server: 'https://localhost' }],
    users: [{ name: 'user', exec: user.exec, authProvider: user['auth-provider'] }],
    contexts: [{ name: 'context', cluster: 'cluster', user: 'user' }],
    currentContext: 'context',
  });
  const ask = async (): Promise<RequestOptions> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options).catch((error: unknown) => {
      throw new KedgeError('AUTH', `${where}: the login plugin failed: ${messageOf(error)}`, { cause: error });
    });
    return options;
  };
  const { cert, key } = await ask();
  return {
    ...(typeof cert === 'string' && { cert }),
    ...(typeof key === 'string' && { key }),
    token: async () => bearerOf(await ask()),
  };
}

function bearerOf(options: RequestOptions): string | undefined {
  const headers = (options.headers ?? {}) as Record<string, unknown>;
  const header = headers['Authorization'] ?? headers['authorization'];
  return typeof header === 'string' && header.startsWith('Bearer ') ? header.slice('Bearer '.length) : undefined;
}
