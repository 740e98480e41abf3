import { homePaths } from '../config/home.ts';
import type { AclRule, MqttUser, MqttUserResult } from '../protocol/mqtt-accounts.ts';
import { adminRequest } from './admin-client.ts';
import type { Choices } from './choices.ts';

/** The users of this home's MQTT broker. @throws KedgeError NOT_INSTALLED, UNREACHABLE; so do all of these */
export function listMqttUsers(home: string): Promise<MqttUser[]> {
  return adminRequest(socketOf(home), 'GET', '/mqtt/users');
}

export function mqttUserChoices(home: string): Choices {
  const names = async (): Promise<string[]> => (await listMqttUsers(home)).map(({ name }) => name);
  return { what: 'MQTT user', names, none: 'kedge mqtt user add NAME' };
}

/** Adds a user, or gives it another password. @throws KedgeError INVALID_INPUT */
export function setMqttUser(home: string, name: string, password: string): Promise<MqttUserResult> {
  return adminRequest(socketOf(home), 'POST', '/mqtt/users', { name, password });
}

/** Removes a user with its rules, and ends its connections. @throws KedgeError NOT_FOUND */
export async function deleteMqttUser(home: string, name: string): Promise<void> {
  await adminRequest(socketOf(home), 'DELETE', `/mqtt/users/${encodeURIComponent(name)}`);
}

export function listAclRules(home: string): Promise<AclRule[]> {
  return adminRequest(socketOf(home), 'GET', '/mqtt/acl');
}

/** The filters of one user's rules. @param user empty: of all users */
export function aclRuleChoices(home: string, user: string): Choices {
  const names = async (): Promise<string[]> => (await listAclRules(home)).filter((rule) => rule.user === user).map(({ filter }) => filter);
  return { what: `rule for ${user === '' ? 'all users' : user}`, names, none: 'kedge mqtt acl list' };
}

/** Adds a rule, or changes its access. @throws KedgeError INVALID_INPUT */
export async function setAclRule(home: string, rule: AclRule): Promise<void> {
  await adminRequest(socketOf(home), 'POST', '/mqtt/acl', rule);
}

/** @throws KedgeError NOT_FOUND */
export async function deleteAclRule(home: string, user: string, filter: string): Promise<void> {
  await adminRequest(socketOf(home), 'DELETE', `/mqtt/acl?${new URLSearchParams({ user, filter }).toString()}`);
}

function socketOf(home: string): string {
  return homePaths(home).edge.socket;
}
