import { RE2JS } from 're2js';

/** Longer ones take seconds to compile. */
const MAX_CHARACTERS = 16_384;

/** A regular expression of a definition. */
export interface Pattern {
  /** Whether a part of the text matches. */
  test(text: string): boolean;
  toString(): string;
}

/**
 * Compiles a pattern in the syntax of Go (RE2), which Kubernetes has definitions written in. Matching takes time in proportion to the text, whatever
 * the pattern is: there is no lookaround, no backreference, and a bound on repetitions.
 * @throws Error in Go's words for what is none
 */
export function compilePattern(source: string): Pattern {
  if (source.length > MAX_CHARACTERS) throw new Error(`expression is longer than ${MAX_CHARACTERS} characters`);
  const compiled = RE2JS.compile(source);
  return { test: (text) => compiled.test(text), toString: () => source };
}
