import { isScalar, Lexer, LineCounter, parseAllDocuments, Parser, visit, YAMLParseError } from 'yaml';
import type { Document, YAMLMap } from 'yaml';

/** How deep the collections of a YAML text may nest: as deep as those of an object of the API. */
const MAX_DEPTH = 200;
const MAX_ALIASES = 100;

export interface YamlOptions {
  /** What Kubernetes' own tools read is 1.1. */
  readonly version: '1.1' | '1.2';
  /** Whether `<<` merges. */
  readonly merge?: boolean;
}

/**
 * The documents of a YAML text, each with its mistakes. Neither depth nor the number of keys makes it expensive: the library would use up the
 * stack for what nests deep, which may end the process, and compare each key of a map with all others.
 * @throws Error when it nests too deep
 */
export function readDocuments(text: string, { version, merge = false }: YamlOptions): Document[] {
  if (nestsTooDeep(text)) throw new Error(`nested more than ${MAX_DEPTH} levels deep`);
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { version, merge, uniqueKeys: false, lineCounter: lines, prettyErrors: true });
  for (const document of documents) addDuplicates(document, lines);
  return [...documents];
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

/** What finds the parts of a text is not recursive, what makes values of them is. */
function nestsTooDeep(text: string): boolean {
  // Each level takes a character.
  if (text.length <= MAX_DEPTH) return false;
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    Array.from(parser.next(lexeme));
    // The document is on it, too.
    if (parser.stack.length > MAX_DEPTH + 1) return true;
  }
  return false;
}

function addDuplicates(document: Document, lines: LineCounter): void {
  visit(document, {
    Map: (_key, map) => {
      const position = duplicate(map);
      if (position === undefined) return;
      const { line, col } = lines.linePos(position);
      const error = new YAMLParseError([position, position + 1], 'DUPLICATE_KEY', `Map keys must be unique at line ${line}, column ${col}`);
      error.linePos = [{ line, col }];
      document.errors.push(error);
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
