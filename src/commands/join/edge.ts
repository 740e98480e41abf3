import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { MQTT_MODES } from '../../config/mqtt-mode.ts';
import type { JoinEdgeOptions, JoinEdgeResult } from '../../setup/join-edge.ts';

export default class JoinEdge extends BaseCommand<typeof JoinEdge> {
  static override summary = 'Make this machine an edge of a cloud and start it.';
  static override description = `Succeeds once the cloud holds its session and its Node is Ready. Run it again after an interruption: it goes on where it stopped.`;
  static override examples = [
    '<%= config.bin %> join edge --cloud 192.0.2.10:10002 --token-file token',
    '<%= config.bin %> join edge --cloud cloud:10002 --mqtt-url mqtts://broker:8883 --mqtt-ca ca.crt --mqtt-username edge --mqtt-password-file pw',
    'HTTPS_PROXY=http://proxy:3128 <%= config.bin %> join edge --cloud cloud:10002 --token-file token',
    'ssh cloud kedge token create | <%= config.bin %> join edge --cloud cloud:10002 --token-file -',
  ];
  static override flags = {
    cloud: Flags.string({ description: 'HOST:PORT of the cloud, port 10002 if not given', helpValue: 'HOST:PORT' }),
    token: Flags.string({
      description: 'join token; as an argument it can be seen by other users of this machine',
      helpValue: 'TOKEN',
      exclusive: ['token-file'],
    }),
    'token-file': Flags.string({ description: 'file that holds the join token, or - for standard input', helpValue: 'FILE' }),
    'node-name': Flags.string({ description: 'name of the node; the host name if not given', helpValue: 'NAME' }),
    websocket: Flags.string({
      description: "HOST:PORT of the cloud's websocket, where it is not the one that the cloud names",
      helpValue: 'HOST:PORT',
    }),
    proxy: Flags.string({
      description: 'HTTP proxy on the way to the cloud, or none; HTTPS_PROXY and NO_PROXY, else what is configured, if not given',
      helpValue: 'URL|none',
    }),
    'mqtt-port': Flags.integer({
      description: 'port of the MQTT broker (repeatable; 0 chooses a free one); 1884 and, where it is free, 1883 if not given',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PORT',
      min: 0,
      max: 65_535,
    }),
    'mqtt-mode': Flags.option({
      description: 'which MQTT broker devices use; what is configured, or internal, if not given (external with --mqtt-url)',
      options: MQTT_MODES,
    })(),
    'mqtt-url': Flags.string({ description: 'external broker: mqtt://HOST:PORT, or mqtts://HOST:PORT with TLS', helpValue: 'URL' }),
    'mqtt-ca': Flags.string({ description: "PEM of the CA of the external broker's certificate", helpValue: 'FILE' }),
    'mqtt-cert': Flags.string({ description: 'PEM of a client certificate for the external broker', helpValue: 'FILE' }),
    'mqtt-key': Flags.string({ description: 'PEM of its key', helpValue: 'FILE' }),
    'mqtt-username': Flags.string({ description: 'user name at the external broker', helpValue: 'NAME' }),
    'mqtt-password-file': Flags.string({ description: 'file that holds the password for it', helpValue: 'FILE' }),
    'dmi-socket': Flags.string({
      description:
        'where mappers find the edge (DMI); as configured, or /etc/kubeedge/dmi.sock for root, else dmi.sock in the home, if not given',
      helpValue: 'PATH',
    }),
    runtime: Flags.option({ description: 'container engine; none: the node takes no pods', options: ['none'] as const, default: 'none' })(),
    foreground: Flags.boolean({ description: 'run the edge in this process until it is stopped, as containers want it' }),
    'no-service': Flags.boolean({ description: 'start a plain background process, also where systemd could keep it running' }),
  };

  override async run(): Promise<JoinEdgeResult> {
    if (this.flags.foreground) {
      const { runEdge } = await import('../../setup/run-edge.ts');
      return this.exit(await runEdge(this.#options(), this.ui, this.interrupted));
    }
    const { joinEdge } = await import('../../setup/join-edge.ts');
    const result = await joinEdge(this.#options(), this.ui);
    this.ui.line(this.nextStep(`\nThe edge runs; kedge status edge tells how it is, kedge start edge starts it again.`));
    return this.show(result, () => `node ${result.nodeName} has joined ${result.cloud}\nMQTT: ${result.mqtt.join(', ')}`);
  }

  #options(): JoinEdgeOptions {
    const { flags } = this;
    return {
      home: flags.home,
      service: !flags['no-service'],
      askCloud: () => this.#askCloud(),
      askNodeName: (initial) => this.#askNodeName(initial),
      token: () => this.#token(),
      tokenGiven: flags.token !== undefined || flags['token-file'] !== undefined,
      ...(flags.cloud !== undefined && { cloud: flags.cloud }),
      ...(flags['node-name'] !== undefined && { nodeName: flags['node-name'] }),
      ...(flags.websocket !== undefined && { websocket: flags.websocket }),
      ...(flags['dmi-socket'] !== undefined && { dmiSocket: flags['dmi-socket'] }),
      proxy: { flag: flags.proxy, env: process.env },
      mqtt: {
        mode: flags['mqtt-mode'],
        ports: flags['mqtt-port'],
        askUrl: () => this.#askMqttUrl(),
        broker: {
          url: flags['mqtt-url'],
          ca: flags['mqtt-ca'],
          cert: flags['mqtt-cert'],
          key: flags['mqtt-key'],
          username: flags['mqtt-username'],
          'password-file': flags['mqtt-password-file'],
        },
      },
    };
  }

  async #askCloud(): Promise<string> {
    const { askText } = await import('../../cli/prompts.ts');
    return askText(this.ui, { message: 'Address of the cloud (HOST:10002)', flag: '--cloud' });
  }

  async #askNodeName(initial: string): Promise<string> {
    const { askText } = await import('../../cli/prompts.ts');
    const { isNodeName } = await import('../../protocol/node-name.ts');
    const check = (name: string): string | undefined => (isNodeName(name) ? undefined : 'lower-case letters, digits, - and . only');
    return askText(this.ui, { message: 'Name of this node', flag: '--node-name', initial, check });
  }

  async #askMqttUrl(): Promise<string> {
    const { askBrokerUrl } = await import('../../cli/prompts.ts');
    return askBrokerUrl(this.ui, '--mqtt-url');
  }

  async #token(): Promise<string> {
    const { token } = this.flags;
    if (token !== undefined) return token;
    const file = this.flags['token-file'];
    if (file !== undefined) {
      const { readTokenFile } = await import('../../setup/token-file.ts');
      return readTokenFile(file);
    }
    const { askSecret } = await import('../../cli/prompts.ts');
    return askSecret(this.ui, { message: 'Join token (kedge token create on the cloud shows one)', flag: '--token or --token-file' });
  }
}
