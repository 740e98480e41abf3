/**
 * The ASN.1 part alone: the whole of node-forge costs an edge 12 MB. @types/node-forge knows neither `fromDer`'s options nor
 * that a context tag is any number.
 */
declare module 'node-forge/lib/asn1.js' {
  import { asn1 } from 'node-forge';
  interface ParseOptions {
    readonly strict: boolean;
    readonly parseAllBytes: boolean;
    readonly decodeBitStrings: boolean;
  }
  interface Asn1Part extends Omit<typeof asn1, 'create' | 'fromDer'> {
    create(tagClass: asn1.Class, type: number, constructed: boolean, value: string | asn1.Asn1[]): asn1.Asn1;
    fromDer(bytes: string, options: ParseOptions): asn1.Asn1;
  }
  const part: Asn1Part;
  export default part;
}
