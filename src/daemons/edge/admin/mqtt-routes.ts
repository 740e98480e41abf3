import * as v from 'valibot';
import { KedgeError } from '../../../kernel/errors.ts';
import type { AdminRequest, AdminRoute } from '../../../link/unix-http.ts';
import { ACL_ACCESS } from '../../../protocol/mqtt-accounts.ts';
import type { AclRule, MqttUser, MqttUserResult } from '../../../protocol/mqtt-accounts.ts';

/** The users of the embedded MQTT broker and their rules. */
export interface MqttAccounts {
  users(): MqttUser[];
  setUser(name: string, password: Buffer): Promise<boolean>;
  /** Ends the user's connections, too. */
  removeUser(name: string): void;
  rules(): readonly AclRule[];
  setRule(rule: AclRule): void;
  removeRule(user: string, filter: string): void;
}

const userRequest = v.strictObject({ name: v.string(), password: v.string() });
const ruleRequest = v.strictObject({ user: v.string(), access: v.picklist(ACL_ACCESS), filter: v.string() });

export function mqttRoutes(accounts: () => MqttAccounts): AdminRoute[] {
  return [
    { method: 'GET', path: '/mqtt/users', handle: () => accounts().users() },
    {
      method: 'POST',
      path: '/mqtt/users',
      handle: async ({ body }): Promise<MqttUserResult> => {
        const { name, password } = read(userRequest, body);
        return { name, created: await accounts().setUser(name, Buffer.from(password)) };
      },
    },
    { method: 'DELETE', path: '/mqtt/users/:name', handle: ({ params }) => accounts().removeUser(params['name'] ?? '') },
    { method: 'GET', path: '/mqtt/acl', handle: () => accounts().rules() },
    { method: 'POST', path: '/mqtt/acl', handle: ({ body }) => accounts().setRule(read(ruleRequest, body)) },
    {
      method: 'DELETE',
      path: '/mqtt/acl',
      handle: ({ query }: AdminRequest) => accounts().removeRule(query.get('user') ?? '', query.get('filter') ?? ''),
    },
  ];
}

function read<T>(schema: v.GenericSchema<unknown, T>, body: unknown): T {
  // To the library a list is an object, too.
  const result = v.safeParse(schema, Array.isArray(body) ? undefined : body);
  if (result.success) return result.output;
  throw new KedgeError('INVALID_INPUT', `the request is not understood: ${v.getDotPath(result.issues[0]) ?? 'its body'}`);
}
