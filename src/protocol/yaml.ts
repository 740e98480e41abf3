import { Composer, isScalar, Lexer, LineCounter, Parser, visit, YAMLParseError } from 'yaml';
import type { Document, YAMLError, YAMLMap } from 'yaml';

/** How deep the collections of a YAML text may nest: as deep as those of an object of the API. */
const MAX_DEPTH = 200;
const MAX_ALIASES = 100;

export interface YamlOptions {
  /** What Kubernetes' own tools read is 1.1. */
  readonly version: '1.1' | '1.2';
  /** Whether `<<` merges. */
  readonly merge?: boolean;
  /** Of how many words, marks, spaces and line ends a text may be made: each takes some 10 µs to read. */
  readonly maxParts?: number;
}

/**
 * The documents of a YAML text, each with its mistakes, the first of which says where it is. Neither depth nor the number of keys or mistakes makes
 * it expensive: the library would use up the stack for what nests deep, which may end the process, compare each key of a map with all others, and
 * look for the place of every mistake.
 * @throws Error when it nests too deep, or has too many parts
 */
export function readDocuments(text: string, { version, merge = false, maxParts = Infinity }: YamlOptions): Document[] {
  const lines = new LineCounter();
  const documents = [...compose(text, new Composer({ version, merge, uniqueKeys: false }), lines, maxParts)];
  for (const document of documents) {
    addDuplicate(document);
    const [first] = document.errors;
    if (first !== undefined) addPlace(first, lines);
  }
  return documents;
}

/** What finds the parts of a text is not recursive, what makes values of them is. */
function* compose(text: string, composer: Composer, lines: LineCounter, maxParts: number): Generator<Document> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let parts = 0;
  for (const lexeme of new Lexer().lex(text)) {
    parts += 1;
    if (parts > maxParts) throw new Error(`more than ${maxParts} words, marks and line ends`);
    for (const token of parser.next(lexeme)) yield* composer.next(token);
    // The document is on it, too.
    if (parser.stack.length > MAX_DEPTH + 1) throw new Error(`nested more than ${MAX_DEPTH} levels deep`);
  }
  for (const token of parser.end()) yield* composer.next(token);
  yield* composer.end();
}

function addPlace(error: YAMLError, lines: LineCounter): void {
  const { line, col } = lines.linePos(error.pos[0]);
  error.linePos = [{ line, col }];
  error.message += ` at line ${line}, column ${col}`;
}

/**
 * What a YAML text of one document says; null if it says nothing.
 * @throws Error with its first mistake
 */
export function readYaml(text: string, options: YamlOptions): unknown {
  const [document, second] = readDocuments(text, options);
  if (second !== undefined) throw new Error('there is more than one document');
  return document === undefined ? null : valueOf(document);
}

/** @throws Error with the first mistake of the document */
export function valueOf(document: Document): unknown {
  const [error] = document.errors;
  if (error !== undefined) throw error;
  return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
}

/** Adds the first key that a map has twice. */
function addDuplicate(document: Document): void {
  visit(document, {
    Map: (_key, map) => {
      const position = duplicate(map);
      if (position === undefined) return undefined;
      document.errors.push(new YAMLParseError([position, position + 1], 'DUPLICATE_KEY', 'Map keys must be unique'));
      return visit.BREAK;
    },
  });
}

/** Where the first key of a map stands that is there before. */
function duplicate({ items }: YAMLMap): number | undefined {
  const known = new Set<unknown>();
  for (const { key } of items) {
    if (!isScalar(key) || key.value === '<<') continue;
    if (known.has(key.value)) return key.range?.[0] ?? 0;
    known.add(key.value);
  }
  return undefined;
}
