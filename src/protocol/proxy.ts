import { BlockList, isIP } from 'node:net';
import { KedgeError } from '../kernel/errors.ts';
import { hostPort } from './host-port.ts';

/** How connections leave this machine; nothing in it: directly. */
export interface ProxySettings {
  /** URL of an HTTP proxy, which may hold `user:password`. */
  readonly proxy?: string;
  /** What is connected directly all the same, as in the variable `NO_PROXY`. */
  readonly noProxy?: string;
}

/** An HTTP proxy, taken apart. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** The URL as people may see it: without user and password. */
  readonly name: string;
}

const DEFAULT_PORT = 80;

/**
 * Reads `http://[USER[:PASSWORD]@]HOST[:PORT]`; as with Go, `http://` may be left out. No message shows what the URL holds.
 * @throws KedgeError INVALID_INPUT
 */
export function parseProxy(text: string): Proxy {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http') {
    throw new KedgeError('INVALID_INPUT', `a proxy of the kind ${scheme}:// cannot be used: kedge speaks to http:// proxies`);
  }
  try {
    const { hostname, port, username, password, pathname, search } = new URL(scheme === undefined ? `http://${text}` : text);
    if (pathname !== '/' || search !== '') throw new Error('more than host and port');
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const at = { host, port: port === '' ? DEFAULT_PORT : Number(port) };
    const name = `http://${hostPort(at.host, at.port)}`;
    return { ...at, username: decodeURIComponent(username), password: decodeURIComponent(password), name };
  } catch {
    throw new KedgeError('INVALID_INPUT', 'the proxy is not http://[USER:PASSWORD@]HOST:PORT (with %40 for an @ in user or password)');
  }
}

/**
 * The proxy through which a host is reached, by the rules of Go's net/http, thus of KubeEdge: this machine itself never; not what
 * `noProxy` lists, separated by commas: `*`, IP addresses, CIDRs, `example.com` with all below it, `.example.com` for what is below it;
 * names and addresses may end in `:PORT`. What is none of these is ignored.
 * @returns undefined: directly
 */
export function proxyFor(host: string, port: number, { proxy, noProxy = '' }: ProxySettings): Proxy | undefined {
  if (proxy === undefined || host === 'localhost' || contains(LOOPBACK, host)) return undefined;
  const entries = noProxy.split(',').map((entry) => entry.trim().toLowerCase());
  return entries.some((entry) => excludes(entry, host.toLowerCase(), port)) ? undefined : parseProxy(proxy);
}

const LOOPBACK = ['127.0.0.0/8', '::1/128'].map((cidr) => network(cidr));

function excludes(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return contains([network(entry)], host);
  const [, bracketed, plain, of] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? [];
  const name = bracketed ?? plain ?? entry;
  if (name === '' || (of !== undefined && Number(of) !== port)) return false;
  if (isIP(name) !== 0) return contains([network(`${name}/${isIP(name) === 4 ? 32 : 128}`)], host);
  const suffix = name.replace(/^\*\./, '.');
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

/** A CIDR; what is none is an empty one. */
function network(cidr: string): BlockList {
  const list = new BlockList();
  const [, address = '', bits] = /^([^/]+)\/(\d{1,3})$/.exec(cidr) ?? [];
  const family = isIP(address);
  if (family !== 0 && Number(bits) <= (family === 4 ? 32 : 128)) list.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return list;
}

function contains(networks: readonly BlockList[], host: string): boolean {
  const family = isIP(host);
  return family !== 0 && networks.some((list) => list.check(host, family === 4 ? 'ipv4' : 'ipv6'));
}
