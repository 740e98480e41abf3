/** What a rule allows. */
export const ACL_ACCESS = ['read', 'write', 'readwrite'] as const;
export type AclAccess = (typeof ACL_ACCESS)[number];

/** One rule of the embedded broker's access control: `GET /mqtt/acl`, `POST /mqtt/acl`. */
export interface AclRule {
  /** Empty: every user. */
  readonly user: string;
  readonly access: AclAccess;
  /** A topic filter; `%u` stands for the user's name, `%c` for the client id. */
  readonly filter: string;
}

/** `GET /mqtt/users`: never the password. */
export interface MqttUser {
  readonly name: string;
  /** Rules for this user alone. */
  readonly rules: number;
}

/** The answer to `POST /mqtt/users`; not `created`: the user was there, and has another password now. */
export interface MqttUserResult {
  readonly name: string;
  readonly created: boolean;
}
