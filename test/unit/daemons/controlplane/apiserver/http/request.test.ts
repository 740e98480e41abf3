import { expect } from 'chai';
import { negotiate } from '../../../../../../src/daemons/controlplane/apiserver/http/negotiate.ts';
import { decodeProtobuf } from '../../../../../../src/daemons/controlplane/apiserver/http/protobuf.ts';
import { parsePath } from '../../../../../../src/daemons/controlplane/apiserver/http/request-info.ts';

describe('requests', () => {
  describe('paths', () => {
    const info = (path: string): string => {
      const found = parsePath(path);
      return found === undefined
        ? '-'
        : [found.group, found.version, found.namespace, found.plural, found.name, found.subresource, ...found.rest].join('|');
    };
    const cases: [string, string][] = [
      ['/api/v1/pods', '|v1||pods||'],
      ['/api/v1/namespaces', '|v1||namespaces||'],
      ['/api/v1/namespaces/a', '|v1||namespaces|a|'],
      ['/api/v1/namespaces/a/finalize', '|v1||namespaces|a|finalize'],
      ['/api/v1/namespaces/a/pods', '|v1|a|pods||'],
      ['/api/v1/namespaces/a/pods/p/status', '|v1|a|pods|p|status'],
      ['/api/v1/namespaces/a/status/x', '|v1|a|status|x|'],
      ['/apis/g.io/v1/namespaces/a/things/t/', 'g.io|v1|a|things|t|'],
      ['/apis/g.io', 'g.io|||||'],
      ['/api/v1/nodes/a%2Fb', '|v1||nodes|a/b|'],
      ['/api/v1/nodes/%zz', '-'],
      ['/api/v1/nodes/a/proxy/b', '|v1||nodes|a|proxy|b'],
      ['/metrics', '-'],
    ];
    for (const [path, expected] of cases) it(path, () => expect(info(path)).to.equal(expected));
  });

  it('with many slashes are read in no time', () => {
    expect(parsePath(`/api/v1/nodes/n${'/'.repeat(500_000)}x`)).to.include({ plural: 'nodes', name: 'n' });
    expect(parsePath(`${'/'.repeat(500_000)}api/v1/nodes`)).to.include({ plural: 'nodes' });
    expect(parsePath('/'.repeat(500_000))).to.equal(undefined);
  });

  it('are answered in the first media type that is known', () => {
    expect(negotiate(undefined)).to.deep.equal({ mediaType: 'application/json' });
    expect(negotiate('application/vnd.kubernetes.protobuf, application/json')).to.deep.equal({ mediaType: 'application/json' });
    expect(negotiate('application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json;as=Table;v=v1;g=meta.k8s.io')).to.deep.equal({
      mediaType: 'application/json',
      as: 'Table',
    });
    expect(negotiate('application/json;as=Other;v=v1;g=meta.k8s.io,*/*').as).to.equal(undefined);
    expect(() => negotiate('text/html')).to.throw('only the following media types are accepted');
  });

  it('in protobuf are read as kubectl writes them', () => {
    // `kubectl create configmap a --from-literal=x=1` of kubectl 1.32
    const recorded = '6b3873000a0f0a0276311209436f6e6669674d6170121b0a110a016112001a0022002a00320038004200' + '12060a01781201311a002200';
    expect(decodeProtobuf(Buffer.from(recorded, 'hex'))).to.deep.equal({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
      data: { x: '1' },
    });
    expect(() => decodeProtobuf(Buffer.from(recorded.slice(0, 80), 'hex'))).to.throw(RangeError);
    expect(() => decodeProtobuf(Buffer.from('k8s\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', 'latin1'))).to.throw(RangeError);
  });
});
