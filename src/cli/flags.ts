import { Flags } from '@oclif/core';

/** `-o` of commands that list or show objects. */
export const objectOutput = Flags.option({
  char: 'o',
  description: 'how to print it',
  options: ['table', 'wide', 'name', 'json', 'yaml'] as const,
  default: 'table',
  helpGroup: 'GLOBAL',
})();

/** `-n` of commands about one object. */
export const namespace = Flags.string({ char: 'n', description: 'namespace', helpValue: 'NAMESPACE', default: 'default' });

/** `-n` where a file may say it, too. */
export const namespaceOfFile = Flags.string({
  char: 'n',
  description: 'namespace; "default" if the file says none',
  helpValue: 'NAMESPACE',
});

export const allNamespaces = Flags.boolean({ char: 'A', description: 'in all namespaces', exclusive: ['namespace'] });

export const at = Flags.option({
  description: 'who answers: the API of the cloud, or the edge in this home; by default whoever can',
  options: ['cloud', 'edge'] as const,
})();

/** `-f`; `-` is stdin. */
export const file = Flags.custom({
  char: 'f',
  description: 'YAML or JSON file with one or more objects; - for stdin',
  helpValue: 'FILE',
});

/** Which MQTT broker, and what it is shown. */
export const broker = {
  url: Flags.string({
    aliases: ['mqtt-url'],
    description: 'the broker, as mqtt://HOST:PORT or, with TLS, mqtts://HOST:PORT',
    helpValue: 'URL',
  }),
  ca: Flags.string({ description: "PEM of the CA that the broker's certificate is of", helpValue: 'FILE' }),
  cert: Flags.string({ description: 'PEM of a client certificate', helpValue: 'FILE' }),
  key: Flags.string({ description: 'PEM of its key', helpValue: 'FILE' }),
  username: Flags.string({ description: 'user name at the broker', helpValue: 'NAME' }),
  'password-file': Flags.string({ description: 'file that holds the password, or - for standard input', helpValue: 'FILE' }),
};

/** `-w` of lists. */
export const watch = Flags.boolean({ char: 'w', description: 'go on with a line for each change, until Ctrl-C' });
