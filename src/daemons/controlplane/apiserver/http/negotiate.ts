import { notAcceptable } from '../status-error.ts';

/** How an answer is to be written. `as` asks for another shape of the objects. */
export interface Representation {
  readonly mediaType: 'application/json' | 'application/yaml';
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
}

const JSON_TYPES = new Set(['application/json', 'application/*', '*/*', '']);

/**
 * Picks the first of the media types in Accept that this server can write; a request that it cannot shape falls through to the next.
 * @throws StatusError 406
 */
export function negotiate(accept: string | undefined): Representation {
  for (const choice of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = choice.split(';').map((text) => text.trim());
    const mediaType = JSON_TYPES.has(type) ? 'application/json' : type === 'application/yaml' ? 'application/yaml' : undefined;
    if (mediaType === undefined) continue;
    const wanted = new Map(parameters.map((parameter) => parameter.split('=') as [string, string | undefined]));
    const as = wanted.get('as');
    if (as === undefined) return { mediaType };
    if (wanted.get('g') !== 'meta.k8s.io' || wanted.get('v') !== 'v1') continue;
    if (as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { mediaType, as };
  }
  throw notAcceptable();
}

/** Whether Accept asks for aggregated discovery (apidiscovery.k8s.io/v2) before the plain one. */
export function wantsAggregatedDiscovery(accept: string | undefined): boolean {
  const [first = ''] = (accept ?? '').split(',');
  return first.includes('g=apidiscovery.k8s.io') && first.includes('v=v2;') && first.includes('as=APIGroupDiscoveryList');
}
