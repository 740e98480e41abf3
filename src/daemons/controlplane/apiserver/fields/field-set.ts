import { compareElements, type PathElement } from './path-element.ts';

/** What a set says of one step: whether the path up to here is in it, and which paths below are. */
export interface FieldNode {
  readonly member: boolean;
  readonly children: FieldSet;
}

/** A set of paths into an object, as a tree. Never changed once it is built; the operations return what they were given when nothing differs. */
export type FieldSet = ReadonlyMap<PathElement, FieldNode>;

export const EMPTY_SET: FieldSet = new Map();
const LEAF: FieldNode = { member: true, children: EMPTY_SET };

/** Collects paths. */
export class FieldSetBuilder {
  readonly #root = new Map<PathElement, Building>();

  /** Adds a path; the empty one, the object itself, is in no set. */
  add(path: readonly PathElement[]): void {
    let node: Building | undefined;
    for (const element of path) node = childOf(node === undefined ? this.#root : belowOf(node), element);
    if (node !== undefined) node.member = true;
  }

  /** Adds all paths of a set. */
  addAll(set: FieldSet): void {
    addTo(this.#root, set);
  }

  /** The set; the builder is done with. */
  get set(): FieldSet {
    return this.#root;
  }
}

interface Building {
  member: boolean;
  /** EMPTY_SET, which all leaves share, until there is one. */
  children: FieldSet;
}

function childOf(level: Map<PathElement, Building>, element: PathElement): Building {
  let node = level.get(element);
  if (node === undefined) level.set(element, (node = { member: false, children: EMPTY_SET }));
  return node;
}

function belowOf(node: Building): Map<PathElement, Building> {
  if (node.children === EMPTY_SET) node.children = new Map();
  return node.children as Map<PathElement, Building>;
}

function addTo(level: Map<PathElement, Building>, set: FieldSet): void {
  for (const [element, { member, children }] of set) {
    const node = childOf(level, element);
    node.member ||= member;
    if (children.size > 0) addTo(belowOf(node), children);
  }
}

export function isEmpty(set: FieldSet): boolean {
  return set.size === 0;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0 || b.size === 0) return b.size === 0 ? a : b;
  return changed(a, (result) => {
    for (const [element, other] of b) {
      const node = a.get(element);
      if (node === undefined) result().set(element, other);
      else {
        const next = nodeOf(node, node.member || other.member, union(node.children, other.children));
        if (next !== undefined && next !== node) result().set(element, next);
      }
    }
  });
}

/** The union of many; in one pass, as each `union` may copy what it is given. */
export function unionOf(sets: readonly FieldSet[]): FieldSet {
  const builder = new FieldSetBuilder();
  for (const set of sets) builder.addAll(set);
  return builder.set;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return mapNodes(a, (element, node) => {
    const other = b.get(element);
    if (other === undefined) return undefined;
    return nodeOf(node, node.member && other.member, intersection(node.children, other.children));
  });
}

/** The paths of `a` that are not in `b`; what lies below a path of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (b.size === 0) return a;
  return mapNodes(a, (element, node) => {
    const other = b.get(element);
    if (other === undefined) return node;
    return nodeOf(node, node.member && !other.member, difference(node.children, other.children));
  });
}

/** The paths of `a` that are neither in `b` nor below a path of it. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  if (b.size === 0) return a;
  return mapNodes(a, (element, node) => {
    const other = b.get(element);
    if (other === undefined) return node;
    return other.member ? undefined : nodeOf(node, node.member, recursiveDifference(node.children, other.children));
  });
}

/** The paths of `a` that begin with one of these steps. */
export function startingWith(a: FieldSet, elements: readonly PathElement[]): FieldSet {
  return mapNodes(a, (element, node) => (elements.includes(element) ? node : undefined));
}

/** Whether a path is in the set. */
export function has(set: FieldSet, path: readonly PathElement[]): boolean {
  let level = set;
  let node: FieldNode | undefined;
  for (const element of path) {
    node = level.get(element);
    if (node === undefined) return false;
    level = node.children;
  }
  return node?.member === true;
}

/** The paths in order: those that end at a level before those that go deeper. */
export function* pathsOf(set: FieldSet, prefix: readonly PathElement[] = []): Generator<readonly PathElement[]> {
  const entries = [...set].sort(([a], [b]) => compareElements(a, b));
  for (const [element, { member }] of entries) if (member) yield [...prefix, element];
  for (const [element, { children }] of entries) yield* pathsOf(children, [...prefix, element]);
}

/** A node of these parts: the given one if it has them, undefined when it would say nothing. */
export function nodeOf(old: FieldNode, member: boolean, children: FieldSet): FieldNode | undefined {
  if (!member && children.size === 0) return undefined;
  if (member && children.size === 0 && old.children.size > 0) return LEAF;
  return member === old.member && children === old.children ? old : { member, children };
}

/** Puts another node, or none, in place of each. */
export function mapNodes(set: FieldSet, next: (element: PathElement, node: FieldNode) => FieldNode | undefined): FieldSet {
  return changed(set, (result) => {
    for (const [element, node] of set) {
      const replacement = next(element, node);
      if (replacement === undefined) result().delete(element);
      else if (replacement !== node) result().set(element, replacement);
    }
  });
}

/** `set`, or the copy that `change` asked for. */
function changed(set: FieldSet, change: (result: () => Map<PathElement, FieldNode>) => void): FieldSet {
  let copy: Map<PathElement, FieldNode> | undefined;
  change(() => (copy ??= new Map(set)));
  return copy ?? set;
}
