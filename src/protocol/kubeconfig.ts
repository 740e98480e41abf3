import * as v from 'valibot';

const text = v.optional(v.string());
const flag = v.optional(v.boolean());

const cluster = v.looseObject({
  server: v.pipe(v.string(), v.regex(/^https?:\/\/[^/]/, 'must be a URL such as https://host:6443')),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': flag,
  'tls-server-name': text,
  'proxy-url': text,
});

const user = v.looseObject({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  exec: v.optional(v.looseObject({ command: v.string() })),
  'auth-provider': v.optional(v.looseObject({ name: v.string() })),
});

const context = v.looseObject({ cluster: v.string(), user: v.optional(v.string(), ''), namespace: text });

/** A list that Go writes as null when it is empty. */
const listOf = <const S extends v.GenericSchema>(schema: S) => v.nullish(v.array(schema), []);

/** A kubeconfig file, as far as it says how to reach a server. Unknown keys are carried along. */
export const KubeconfigSchema = v.looseObject({
  clusters: listOf(v.looseObject({ name: v.string(), cluster })),
  users: listOf(v.looseObject({ name: v.string(), user: v.nullish(user, {}) })),
  contexts: listOf(v.looseObject({ name: v.string(), context })),
  'current-context': v.nullish(v.string(), ''),
});

export type Kubeconfig = v.InferOutput<typeof KubeconfigSchema>;
export type KubeconfigCluster = Kubeconfig['clusters'][number]['cluster'];
export type KubeconfigUser = Kubeconfig['users'][number]['user'];
