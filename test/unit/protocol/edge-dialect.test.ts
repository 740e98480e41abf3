import { expect } from 'chai';
import { edgeDialect, kubeEdgeMinor } from '../../../src/protocol/edge-dialect.ts';

describe('the dialect of an edge', () => {
  it('goes with the version of KubeEdge that it reports', () => {
    expect(edgeDialect('v1.22.6-kubeedge-v1.12.1')).to.deep.equal({ deviceIds: 'plain', twins: 'messages' });
    expect(edgeDialect('v1.24.17-kubeedge-v1.14.4')).to.deep.equal({ deviceIds: 'plain', twins: 'messages' });
    expect(edgeDialect('v1.24.17-kubeedge-v1.15.0-beta.1+abc')).to.deep.equal({ deviceIds: 'plain', twins: 'objects' });
    expect(edgeDialect('v1.27.7-kubeedge-v1.16.0')).to.deep.equal({ deviceIds: 'namespaced', twins: 'objects' });
    expect(edgeDialect('v1.32.10-kubeedge-v1.23.1')).to.deep.equal({ deviceIds: 'namespaced', twins: 'objects' });
  });

  it('is the newest one for what is not known', () => {
    for (const version of [
      '',
      'v1.29.5',
      'v9.9.9-kubeedge-v2.0.0',
      'v1.40.0-kubeedge-v1.99.0',
      'kubeedge-v1.',
      '-kubeedge-v1.99999999999',
    ]) {
      expect(edgeDialect(version), version).to.deep.equal({ deviceIds: 'namespaced', twins: 'objects' });
    }
    expect(kubeEdgeMinor('-kubeedge-v1.99999999999')).to.equal(undefined);
  });
});
