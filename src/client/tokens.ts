import { homePaths } from '../config/home.ts';
import type { CreatedToken, TokenRecord, TokenRequest } from '../protocol/admin.ts';
import { adminRequest } from './admin-client.ts';

/** Asks the cloud of this home for a join token. @throws KedgeError NOT_INSTALLED, UNREACHABLE, INVALID_INPUT */
export function createToken(home: string, request: TokenRequest): Promise<CreatedToken> {
  return adminRequest(homePaths(home).cloud.socket, 'POST', '/tokens', request);
}

/** The tokens that have not expired. @throws KedgeError NOT_INSTALLED, UNREACHABLE */
export function listTokens(home: string): Promise<TokenRecord[]> {
  return adminRequest(homePaths(home).cloud.socket, 'GET', '/tokens');
}

/** @throws KedgeError NOT_FOUND, NOT_INSTALLED, UNREACHABLE */
export async function revokeToken(home: string, id: string): Promise<void> {
  await adminRequest(homePaths(home).cloud.socket, 'DELETE', `/tokens/${encodeURIComponent(id)}`);
}
