import type { GraphView, StepView } from "./view.ts";

/** A graph as plain text: a line for each straight run of steps, then its error handlers. */
export function toText(view: GraphView): string {
  const steps = new Map(view.steps.map((step) => [step.name, step]));
  const flow = view.edges.filter(({ kind }) => kind !== "error");
  const next = Map.groupBy(flow, ({ from }) => from);
  const previous = Map.groupBy(flow, ({ to }) => to);
  const starts = view.steps.filter(({ name, handler }) => !handler && !previous.has(name)).map(({ name }) => name);
  const handlers = view.steps.filter(({ handler }) => handler).map(({ name }) => name);

  const lines = [`graph "${view.name}"`];
  const told = new Set<string>();
  const heads: (readonly [string, string])[] = [
    ...starts.map((to) => ["start", to] as const),
    ...handlers.map((to) => ["on error", to] as const),
  ];
  for (let head = heads.shift(); head !== undefined; head = heads.shift()) {
    const run: string[] = [head[0]];
    let name: string | undefined = head[1];
    while (name !== undefined) {
      const step = steps.get(name);
      run.push(step === undefined || told.has(name) ? name : describe(step));
      const isKnown = told.has(name);
      told.add(name);
      const outlets: readonly string[] = isKnown ? [] : (next.get(name) ?? []).map(({ to }) => to);
      if (outlets.length > 1) heads.push(...outlets.map((to) => [name!, to] as const));
      name = outlets.length === 1 ? outlets[0] : undefined;
    }
    lines.push(`  ${run.join(" → ")}`);
  }
  const errors = Map.groupBy(view.edges.filter(({ kind }) => kind === "error"), ({ to }) => to);
  for (const [to, edges] of errors) lines.push(`  errors of ${edges.map(({ from }) => from).join(", ")} ⇢ ${to}`);
  return lines.join("\n");
}

function describe({ name, detail, function: fn, responder, routes }: StepView): string {
  const members = routes === undefined
    ? []
    : [`${detail ?? "router"}: ${routes.map((route) => route.name).join(", ") || "no routes"}`];
  const inside = [
    ...(routes === undefined && detail !== undefined ? [detail] : members),
    ...(fn === undefined ? [] : [`in ${fn}`]),
  ];
  return `${name}${inside.length === 0 ? "" : ` [${inside.join(", ")}]`}${responder ? " ↩ reply" : ""}`;
}
