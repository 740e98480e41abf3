import { expect } from 'chai';
import { canonicalQuantity } from '../../../../../../src/daemons/controlplane/apiserver/schema/canonical-quantity.ts';

/** What a Kubernetes API server makes of them. */
const WRITTEN: Readonly<Record<string, string>> = {
  ...{ '0.1': '100m', '100m': '100m', '1000m': '1', '1.0': '1', '1.5': '1500m', '.5': '500m', '0.25': '250m', '0Gi': '0', '0.0': '0' },
  ...{
    1000: '1k',
    1500: '1500',
    1024: '1024',
    1000000: '1M',
    '1100M': '1100M',
    '1e3': '1e3',
    '1.5e3': '1500',
    '12e-1': '1200e-3',
    '2e1': '20',
  },
  ...{ '3e5': '300e3', '0.5Gi': '512Mi', '1024Mi': '1Gi', '1000Ki': '1000Ki', '0.5Ki': '512', '0.3Ki': '307200m', '1.5Gi': '1536Mi' },
  ...{ '1.1Gi': '1181116006400m', '1.25Mi': '1280Ki', '0.1Ki': '102400m', '8Gi': '8Gi', '128974848': '128974848' },
  // Where the number needs no other power, the text stays.
  ...{ '+5': '+5', '5.': '5.', '33.333': '33.333', '1E6': '1E6', '1e0': '1e0' },
};

describe('quantities', () => {
  it('are written as Kubernetes writes them', () => {
    expect(Object.fromEntries(Object.keys(WRITTEN).map((text) => [text, canonicalQuantity(text)]))).to.deep.equal(WRITTEN);
  });

  it('stay the same when they are written again', () => {
    for (const text of Object.values(WRITTEN)) expect(canonicalQuantity(text)).to.equal(text);
  });

  it('keep their sign, and are left alone when they are none or far too large', () => {
    expect(['-0.5', '-2048Ki'].map(canonicalQuantity)).to.deep.equal(['-500m', '-2Mi']);
    for (const text of ['', '.', 'x', '1Q', '1e999999999', '9'.repeat(50)]) expect(canonicalQuantity(text)).to.equal(text);
  });
});
