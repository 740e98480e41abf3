import type { Change } from '../kube/change.ts';
import { names, render } from './output.ts';
import type { OutputFormat } from './output.ts';
import { GrowingTable } from './table.ts';
import type { Column } from './table.ts';

/** How a row of a watch is shown. */
export interface Watched<T> {
  readonly columns: readonly Column<T>[];
  readonly resource: { readonly kind: string; readonly group: string };
  /** The object that `-o json`, `yaml` and `name` are about. */
  readonly objectOf: (row: T) => { metadata: { name: string; namespace?: string } };
}

/** The heading of the column that grows by itself, and tells of the end of an object. */
const AGE = 'AGE';

/**
 * The text of a watch: a table that grows by one line for each change that shows in it, or one document for each change,
 * `{"type": "MODIFIED", "object": …}`, on one line with `-o json`.
 */
export class WatchOutput<T> {
  readonly #format: OutputFormat;
  readonly #watched: Watched<T>;
  readonly #table: GrowingTable<Change<T>>;
  readonly #shown = new Map<string, string>();
  #begun = false;

  constructor(format: OutputFormat, watched: Watched<T>) {
    this.#format = format;
    this.#watched = watched;
    this.#table = new GrowingTable(watched.columns.map(ofChange));
  }

  /** The lines of these changes; undefined when there is nothing new to see. */
  async text(changes: readonly Change<T>[]): Promise<string | undefined> {
    const { objectOf, resource } = this.#watched;
    if (this.#format === 'table' || this.#format === 'wide') return this.#lines(changes);
    if (changes.length === 0) return undefined;
    const objects = changes.map(({ type, row }) => ({ type, object: objectOf(row) }));
    if (this.#format === 'name')
      return names(
        resource,
        objects.map(({ object }) => object),
      );
    const documents = await Promise.all(objects.map((object) => render(object, this.#format, () => '')));
    return this.#format === 'yaml'
      ? documents.map((document) => `---\n${document}`).join('\n')
      : documents.map((document) => JSON.stringify(JSON.parse(document))).join('\n');
  }

  #lines(changes: readonly Change<T>[]): string | undefined {
    const news = changes.filter((change) => this.#isNews(change));
    if (news.length === 0 && this.#begun) return undefined;
    this.#begun = true;
    return this.#table.add(news);
  }

  #isNews({ type, row }: Change<T>): boolean {
    const { columns, objectOf } = this.#watched;
    const { namespace = '', name } = objectOf(row).metadata;
    const key = `${namespace}/${name}`;
    const seen = JSON.stringify([type === 'DELETED', ...columns.filter(({ title }) => title !== AGE).map(({ value }) => value(row))]);
    const isNews = this.#shown.get(key) !== seen;
    if (type === 'DELETED') this.#shown.delete(key);
    else this.#shown.set(key, seen);
    return isNews;
  }
}

function ofChange<T>({ title, value }: Column<T>): Column<Change<T>> {
  return { title, value: ({ type, row }) => (type === 'DELETED' && title === AGE ? 'deleted' : value(row)) };
}
