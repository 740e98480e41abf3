/** How deep arrays and objects may nest in what another side sends. Objects of the API have at most 200 levels, so they fit into a message. */
export const MAX_JSON_DEPTH = 256;

/** A JSON text that nests deeper than is read. */
export class TooDeep extends Error {
  override readonly name = 'TooDeep';
}

/**
 * Parses a JSON text of another side. The depth is counted before anything is built: what walks through a value later may be recursive.
 * @throws SyntaxError, TooDeep
 */
export function parseJson(text: string, maxDepth = MAX_JSON_DEPTH): unknown {
  if (nestsDeeper(text, maxDepth)) throw new TooDeep(`nested more than ${maxDepth} levels deep`);
  return JSON.parse(text) as unknown;
}

/** Whether brackets nest deeper than `maxDepth` in a JSON text. */
function nestsDeeper(text: string, maxDepth: number): boolean {
  // Each level takes a bracket at either end.
  if (text.length <= 2 * maxDepth) return false;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = endOfString(text, index);
    else if (code === BRACE || code === BRACKET) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (code === CLOSING_BRACE || code === CLOSING_BRACKET) depth -= 1;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** Where the string ends that begins at `start`; the end of the text if it does not end. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}
