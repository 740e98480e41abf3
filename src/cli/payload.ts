import { visible } from './table.ts';

const SHOWN_BYTES = 32;

/** A payload as one line for a terminal: text as it is, without what would move the cursor; of anything else the first bytes. */
export function payloadLine(payload: Buffer): string {
  const text = textOf(payload);
  if (text !== undefined) return visible(text);
  const shown = payload.subarray(0, SHOWN_BYTES).toString('hex');
  return `<${payload.length} bytes: ${shown}${payload.length > SHOWN_BYTES ? '…' : ''}>`;
}

/** A payload as JSON can carry it. */
export function payloadFields(payload: Buffer): { payload: string } | { payloadBase64: string } {
  const text = textOf(payload);
  return text === undefined ? { payloadBase64: payload.toString('base64') } : { payload: text };
}

/** Undefined for what is no UTF-8. */
function textOf(payload: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload);
  } catch {
    return undefined;
  }
}
