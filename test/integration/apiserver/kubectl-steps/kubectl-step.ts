/** What a user does with kubectl; both API servers are asked. */
export interface KubectlStep {
  /** kubectl's arguments: split at spaces, those with a space in `'…'`. */
  readonly line: string;
  /** Its name in the table of differences, where the line alone does not tell it from others. */
  readonly about?: string;
  /** On stdin. */
  readonly input?: string;
  /** What the editor of `kubectl edit` does: a command of sed. */
  readonly edit?: string;
  /** A watch: these lines are run once it has printed its first event, and it ends when it has printed `lines` lines. */
  readonly during?: readonly string[];
  readonly lines?: number;
  /** Printed in a random order: its lines are sorted. */
  readonly sorted?: boolean;
  /** Further variables of kubectl's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Repeated until the output is as expected, for what a controller does in its own time. */
  readonly until?: RegExp;
}

/** What belongs together, in a namespace of its own. */
export interface KubectlTopic {
  readonly about: string;
  readonly namespace: string;
  readonly steps: readonly KubectlStep[];
}

/** Lines of text, or steps with more than a line. */
export function topic(about: string, namespace: string, steps: readonly (string | KubectlStep)[]): KubectlTopic {
  return { about, namespace, steps: steps.map((step) => (typeof step === 'string' ? { line: step } : step)) };
}

/** A step whose manifest comes on stdin. */
export function given(input: string | object, line: string, about?: string): KubectlStep {
  return { line, input: typeof input === 'string' ? input : JSON.stringify(input), ...(about !== undefined && { about }) };
}

/** How the table of differences calls it. */
export function nameOf({ line, about = line }: KubectlStep): string {
  return about;
}
