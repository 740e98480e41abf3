import { loadCloudConfig } from '../../../config/cloud-config.ts';
import type { CloudConfig } from '../../../config/cloud-config.ts';
import type { CloudPaths, PairPaths } from '../../../config/home.ts';
import { saveConfig } from '../../../config/load-config.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { KedgeError } from '../../../kernel/errors.ts';
import { certificateInfo } from '../../../pki/certificate-info.ts';
import { issueKeyPair } from '../../../pki/certificate.ts';
import { readKeyPair, requireKeyPair, writeKeyPair } from '../../../pki/key-pair-file.ts';
import { lifetimeState } from '../../../pki/lifetime.ts';
import { altNamesOf } from '../../../pki/names.ts';
import type { CertificateProfile } from '../../../pki/profiles.ts';
import { PROFILES } from '../../../pki/profiles.ts';
import type { AddedNames, OwnCertificateName, RenewedCertificate } from '../../../protocol/admin.ts';
import { normalHost } from '../../../protocol/host-port.ts';
import { writeAdminKubeconfig } from './admin-kubeconfig.ts';
import { apiHosts, serverHosts } from './own-certificates.ts';

/** More would make a certificate that not every TLS client reads. */
const MAX_NAMES = 100;

interface Certificate {
  readonly files: PairPaths;
  readonly ca: PairPaths;
  readonly profile: CertificateProfile;
  readonly hosts: readonly string[];
}

/** The certificates that a cloud makes for itself, which it can make anew at any time: it has the keys of both CAs. */
export class CloudCertificates {
  readonly #paths: CloudPaths;
  readonly #clock: Clock;

  constructor(paths: CloudPaths, clock: Clock) {
    this.#paths = paths;
    this.#clock = clock;
  }

  /** A cloud on a real cluster has no Kubernetes API of its own. @throws KedgeError NOT_INSTALLED, INVALID_CONFIG */
  get names(): OwnCertificateName[] {
    return this.#config.controlPlane.kubeconfig === undefined ? ['server', 'apiserver', 'admin'] : ['server'];
  }

  /** Those that end soon, have ended, or cannot be used. */
  async due(): Promise<OwnCertificateName[]> {
    const states = await Promise.all(
      this.names.map(async (name) => {
        const pair = await readKeyPair(this.#certificate(name).files).catch(() => undefined);
        return pair !== undefined && lifetimeState(certificateInfo(pair.certPem), this.#clock.now()) === 'ok' ? [] : [name];
      }),
    );
    return states.flat();
  }

  /** Makes one anew, with a new key. @throws KedgeError NOT_INSTALLED or CERTIFICATE when its CA is not whole */
  async renew(name: OwnCertificateName): Promise<RenewedCertificate> {
    if (!this.names.includes(name)) {
      throw new KedgeError('NOT_FOUND', `this cloud has no certificate ${name}: a real cluster takes the place of its Kubernetes API`, {
        hint: 'kedge cert list',
      });
    }
    const { files, ca, profile, hosts } = this.#certificate(name);
    const now = this.#clock.now();
    const pair = issueKeyPair({ ca: await requireKeyPair(ca), profile, sans: altNamesOf(hosts), now });
    await writeKeyPair(files, pair);
    if (name === 'admin') await writeAdminKubeconfig(this.#paths, this.#config.controlPlane);
    return { role: 'cloud', name, notAfter: certificateInfo(pair.certPem).notAfter.toISOString() };
  }

  /**
   * Makes the cloud known under more names: in its certificate first, then in its configuration, so that an interrupted call can be
   * made again.
   * @throws KedgeError INVALID_INPUT when one is neither an IP address nor a host name, having changed nothing
   */
  async addNames(given: readonly string[]): Promise<AddedNames> {
    const config = this.#config;
    const { advertiseAddress } = config.cloudHub;
    const names = [...new Set([...advertiseAddress, ...given.map(normalHost)])];
    if (names.length > MAX_NAMES) throw new KedgeError('INVALID_INPUT', `a certificate stands for at most ${MAX_NAMES} names`);
    const pair = await requireKeyPair(this.#paths.server);
    const { dnsNames, ipAddresses } = certificateInfo(pair.certPem);
    const present = new Set([...dnsNames, ...ipAddresses]);
    const reissued = !names.every((name) => present.has(name));
    if (reissued) await this.#reissueServer(names);
    const configured = names.length > advertiseAddress.length;
    if (configured) await saveConfig(this.#paths.config, { ...config, cloudHub: { ...config.cloudHub, advertiseAddress: names } });
    return { names, changed: reissued || configured };
  }

  async #reissueServer(names: readonly string[]): Promise<void> {
    const ca = await requireKeyPair(this.#paths.ca);
    const sans = altNamesOf(serverHosts(names));
    await writeKeyPair(this.#paths.server, issueKeyPair({ ca, profile: PROFILES.cloudServer, sans, now: this.#clock.now() }));
  }

  get #config(): CloudConfig {
    return loadCloudConfig(this.#paths.config);
  }

  #certificate(name: OwnCertificateName): Certificate {
    const { ca, server, kubernetesCa, apiserver, admin } = this.#paths;
    const { cloudHub, controlPlane } = this.#config;
    const all: Record<OwnCertificateName, Certificate> = {
      server: { files: server, ca, profile: PROFILES.cloudServer, hosts: serverHosts(cloudHub.advertiseAddress) },
      apiserver: { files: apiserver, ca: kubernetesCa, profile: PROFILES.apiserver, hosts: apiHosts(controlPlane.address) },
      admin: { files: admin, ca: kubernetesCa, profile: PROFILES.admin, hosts: [] },
    };
    return all[name];
  }
}
