import type { Fault } from "../errors.ts";
import type { Catch, StepNode } from "./node.ts";

/** The steps of a graph with the names between them resolved. Indices are those of `nodes`. */
export interface Links {
  /** By step: the steps behind it. */
  readonly next: readonly (readonly number[])[];
  /** By step: the steps that lead to it. */
  readonly previous: readonly (readonly number[])[];
  /** The steps that take failures. */
  readonly handlers: ReadonlySet<number>;
  /** The steps that every event enters. */
  readonly starts: readonly number[];
  /** The step of a name; the first where a name stands twice. */
  readonly indexOf: ReadonlyMap<string, number>;
  readonly faults: readonly Fault[];
}

/** What is linked: the steps and the graph's own handlers. */
export interface Linkable {
  readonly nodes: readonly StepNode[];
  readonly catches: readonly Catch[];
}

/** Resolves every name that a graph's steps call each other by. */
export function link({ nodes, catches }: Linkable): Links {
  const indexOf = new Map<string, number>();
  for (const [index, { name }] of nodes.entries()) if (!indexOf.has(name)) indexOf.set(name, index);
  const faults: Fault[] = [];
  const find = (wish: string, name: string, step?: string) => {
    const index = indexOf.get(name);
    if (index === undefined) faults.push(unknownName({ wish, name, step }, indexOf));
    return index === undefined ? [] : [index];
  };

  const previous = nodes.map((node) => new Set(node.after.flatMap((name) => find("stands after", name, node.name))));
  for (const [index, node] of nodes.entries()) {
    for (const target of node.before.flatMap((name) => find("stands before", name, node.name))) {
      putBefore(previous, { index, target, takesOver: node.takesOver });
    }
  }
  const handlers = new Set<number>();
  for (const { handler } of catches) find("sends failures to", handler).forEach((index) => handlers.add(index));
  for (const node of nodes) {
    for (const { handler } of node.catches) {
      find("sends failures to", handler, node.name).forEach((index) => handlers.add(index));
    }
  }
  const next = nodes.map((): number[] => []);
  for (const [index, froms] of previous.entries()) for (const from of froms) next[from]!.push(index);
  // A handler that stands before a step joins the events there; it takes over nothing that led to the step.
  const isJoined = (index: number, from: number) =>
    handlers.has(from) && !nodes[index]!.after.includes(nodes[from]!.name);
  const starts = nodes.keys().filter((index) =>
    !handlers.has(index) && [...previous[index]!].every((from) => isJoined(index, from))
  ).toArray();
  for (const [index, node] of nodes.entries()) {
    for (const to of node.cycles.flatMap((name) => find("goes back to", name, node.name))) {
      next[index]!.push(to);
      previous[to]!.add(index);
    }
  }
  return { next, previous: previous.map((froms) => [...froms]), handlers, starts, indexOf, faults };
}

function putBefore(
  previous: Set<number>[],
  { index, target, takesOver }: { index: number; target: number; takesOver: boolean },
): void {
  const own = previous[index]!;
  const theirs = previous[target]!;
  if (takesOver) {
    for (const from of theirs) if (from !== index) own.add(from);
    theirs.clear();
  } else {
    for (const from of own) theirs.delete(from);
  }
  theirs.add(index);
}

function unknownName(
  { wish, name, step }: { wish: string; name: string; step: string | undefined },
  indexOf: ReadonlyMap<string, number>,
): Fault {
  const known = [...indexOf.keys()].map((key) => `"${key}"`).join(", ");
  return {
    ...(step === undefined ? {} : { step }),
    cause: `${step === undefined ? "the graph" : "it"} ${wish} "${name}", and there is no such step`,
    cure: `Add step "${name}", or name one of ${known}`,
    severity: "error",
  };
}
