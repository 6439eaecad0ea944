import { oneLine } from "../draw/escape.ts";
import { errorsText } from "./dot_text.ts";
import type { EdgeView, GraphView, SourceView, StepView } from "./view.ts";

/** A place to write on from: a step, what stands before its name, and before the lines below it. */
interface Head {
  readonly name: string;
  readonly lead: string;
  readonly indent: string;
}

/** A graph as plain text: a line for each step, branches below each other, then the error handlers. */
export function toText(view: GraphView): string {
  const { steps, edges } = view;
  const flow = edges.filter(({ kind }) => kind === "flow");
  const entered = new Set(flow.map(({ to }) => to));
  const text = new Text(view, flow);
  for (const [name, { lines }] of Object.entries(view.functionNotes ?? {})) {
    if (lines.length > 0) text.lines.push(`function ${shown(name)} · ${lines.map(oneLine).join(", ")}`);
  }
  for (const source of view.sources ?? []) text.lines.push(sourceLine(source));
  const starts = steps.filter(({ name, handler }) => !handler && !entered.has(name));
  text.write(starts.map(({ name }) => name), "");
  text.write(steps.filter(({ name, handler }) => !handler && !text.told.has(name)).map(({ name }) => name), "");
  const handlers = steps.filter(({ name, handler }) => handler && !text.told.has(name));
  if (handlers.length > 0) text.lines.push("on error");
  text.write(handlers.map(({ name }) => name), "");
  return [`graph "${oneLine(view.name)}"`, ...text.lines.map((line) => `  ${line}`)].join("\n");
}

class Text {
  readonly lines: string[] = [];
  readonly told = new Set<string>();
  readonly #steps: ReadonlyMap<string, StepView>;
  readonly #next: ReadonlyMap<string, readonly EdgeView[]>;
  readonly #aside: ReadonlyMap<string, readonly EdgeView[]>;
  readonly #into: ReadonlyMap<string, string>;

  constructor({ steps, edges }: GraphView, flow: readonly EdgeView[]) {
    this.#steps = new Map(steps.map((step) => [step.name, step]));
    this.#next = Map.groupBy(flow, ({ from }) => from);
    this.#into = new Map(edges.flatMap(({ to, note }) => note === undefined ? [] : [[to, note]]));
    this.#aside = Map.groupBy(edges.filter(({ kind }) => kind !== "flow"), ({ from }) => from);
  }

  /** Writes chains, each down to its end, without recursion: a chain may have thousands of steps. */
  write(names: readonly string[], indent: string): void {
    const heads = branches(names, indent).toReversed();
    for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
      const step = this.#steps.get(head.name);
      if (step === undefined) continue;
      if (this.told.has(head.name)) {
        this.lines.push(`${head.lead}${shown(head.name)}, see above`);
        continue;
      }
      this.told.add(head.name);
      this.lines.push(head.lead + this.#describe(step));
      heads.push(...branches((this.#next.get(head.name) ?? []).map(({ to }) => to), head.indent).toReversed());
    }
  }

  #describe({ name, kind, detail, function: fn, responder, takes, routes, note, startNote }: StepView): string {
    const now = [startNote ?? this.#into.get(name) ?? [], note?.lines ?? []].flat();
    const made = oneLine(detail ?? kind);
    const members = routes?.map((route) => shown(route.name)).join(", ");
    const aside = (this.#aside.get(name) ?? []).map(({ kind, to }) =>
      kind === "error" ? `, errors ⇢ ${shown(to)}` : `, back to ${shown(to)}`
    );
    return [
      shown(name),
      ` [${members === undefined ? made : `${made}: ${members || "no routes"}`}]`,
      fn === undefined ? "" : ` in ${oneLine(fn)}`,
      responder ? " ↵ reply" : "",
      takes === undefined ? "" : `, takes ${errorsText(takes)}`,
      ...aside,
      now.length === 0 ? "" : ` · ${now.map(oneLine).join(", ")}`,
    ].join("");
  }
}

function branches(names: readonly string[], indent: string): Head[] {
  if (names.length === 1) return [{ name: names[0]!, lead: `${indent}→ `, indent }];
  return names.map((name, index) => {
    const isLast = index === names.length - 1;
    return { name, lead: `${indent}${isLast ? "└" : "├"}→ `, indent: `${indent}${isLast ? " " : "│"}  ` };
  });
}

function sourceLine({ name, kind, detail, note }: SourceView): string {
  const now = note === undefined || note.lines.length === 0 ? "" : ` · ${note.lines.map(oneLine).join(", ")}`;
  return `from ${shown(name)} [${kind} ${oneLine(detail)}]${now}`;
}

function shown(name: string): string {
  return oneLine(name).trim() || "(no name)";
}
