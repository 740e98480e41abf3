import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canBootSystemd } from './systemd-machine.ts';

/** Where Debian and Ubuntu keep it on x86-64. */
export const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

const KNOWN = {
  'systemd-analyze': { present: () => runs('systemd-analyze', ['--version']), get: 'install systemd' },
  'a bootable systemd': { present: canBootSystemd, get: 'install systemd, run as root where /sys/fs/cgroup has systemd and unified' },
  "a user's systemd": {
    present: () => ['/usr/bin/dbus-daemon', '/usr/share/pam-configs/systemd'].every((path) => existsSync(path)),
    get: 'install dbus and libpam-systemd',
  },
  kubectl: { present: () => runs('kubectl', ['version', '--client']), get: 'install kubectl' },
  openssl: { present: () => runs('openssl', ['version']), get: 'install openssl' },
  mosquitto: { present: () => runs('mosquitto', ['-h'], [0, 1, 3]) && runs('mosquitto_passwd', [], [0, 1, 2]), get: 'install mosquitto' },
  'mosquitto clients': { present: () => runs('mosquitto_pub', ['--help'], [0, 1]), get: 'install mosquitto-clients' },
  bash: { present: () => runs('bash', ['--version']), get: 'install bash' },
  zsh: { present: () => runs('zsh', ['--version']), get: 'install zsh' },
  fish: { present: () => runs('fish', ['--version']), get: 'install fish' },
  libfaketime: { present: () => existsSync(FAKETIME), get: 'install libfaketime' },
  root: { present: () => process.getuid?.() === 0, get: 'run as root' },
  'Docker Engine': { present: () => runs('dockerd', ['--version']) && runs('docker', ['--version']), get: 'install docker.io' },
  busybox: { present: () => runs('busybox', ['true']), get: 'install busybox-static' },
  'a Kubernetes client for Python': {
    present: () => runs('/usr/bin/python3', ['-c', 'import kubernetes']),
    get: 'install python3-kubernetes',
  },
  'a Modbus simulator': {
    present: () => runs('/usr/bin/python3', ['-c', 'import pymodbus']) && runs('mbpoll', ['-V']),
    get: 'install python3-pymodbus and mbpoll',
  },
  'a Kubernetes API server': {
    present: () => existsSync(join(process.env['KUBEBUILDER_ASSETS'] ?? '/nonexistent', 'kube-apiserver')),
    get: 'point KUBEBUILDER_ASSETS at a folder with etcd and kube-apiserver',
  },
} satisfies Record<string, { present: () => boolean; get: string }>;

/**
 * Call it in `before`: skips the suite, saying so, when a neighbour is missing. With KEDGE_TEST_STRICT=1 that is a failure.
 */
export function needs(context: Mocha.Context, ...neighbours: (keyof typeof KNOWN)[]): void {
  for (const name of neighbours) {
    if (KNOWN[name].present()) continue;
    const text = `${name} is missing (${KNOWN[name].get})`;
    if (process.env['KEDGE_TEST_STRICT'] === '1') throw new Error(text);
    process.stderr.write(`  SKIPPED: ${text}\n`);
    context.skip();
  }
}

function runs(command: string, args: string[], statuses: readonly number[] = [0]): boolean {
  const { status } = spawnSync(command, args, { stdio: 'ignore' });
  return status !== null && statuses.includes(status);
}
