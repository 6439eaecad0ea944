/** Pictures, compared by what they say: which step leads to which. How they look is each system's own. */

/** What a picture says. */
interface Picture {
  readonly steps: ReadonlySet<string>;
  /** `router/route`. */
  readonly routes: ReadonlySet<string>;
  /** `a → b`; `a ⇢ b` leads to an error handler. */
  readonly links: ReadonlySet<string>;
}

const START = "start";
const ID = String.raw`"(?:[^"\\]|\\.)*"|[\w.]+`;
const CLUSTER = new RegExp(String.raw`^\s*subgraph (${ID}) \{`);
const EDGE = new RegExp(String.raw`^\s*(${ID}) -> (${ID})(?: \[(.*)\])?$`);
const NODE = new RegExp(String.raw`^\s*(${ID}) \[(.*)\]$`);

/** Tells which steps, routes or links one picture has and the other lacks; undefined where they say the same. */
export function plotDifference(recorded: string, ours: string): string | undefined {
  const theirs = readRecorded(recorded);
  const own = readOurs(ours);
  const isOneRouter = theirs.steps.size === 2 && own.steps.size === 2 && theirs.routes.size > 0;
  const [left, right] = isOneRouter ? [withoutRouterName(theirs), withoutRouterName(own)] : [theirs, own];
  const parts = (["steps", "routes", "links"] as const).flatMap((kind) => [
    ...[...left[kind]].filter((item) => !right[kind].has(item)).map((item) => `the picture lacks ${item}`),
    ...[...right[kind]].filter((item) => !left[kind].has(item)).map((item) =>
      `the picture has ${item}, which is too much`
    ),
  ]);
  return parts.length === 0 ? undefined : parts.join("; ");
}

/** The steps before each step, as our picture shows them; error handlers' links are left out. */
export function upstreamsOf(dot: string): Record<string, string[]> {
  const { steps, links } = readOurs(dot);
  const names = [...steps].filter((name) => name !== START);
  const before = (name: string) => names.filter((other) => links.has(`${other} → ${name}`));
  return Object.fromEntries(names.map((name) => [name, before(name)]));
}

/** The error handlers of each step that has some, as our picture shows them. */
export function handlersOf(dot: string): Record<string, string[]> {
  return pairsOf([...readOurs(dot).links].flatMap((link) => link.includes(" ⇢ ") ? [link.split(" ⇢ ")] : []));
}

/** The routes of each router, as our picture shows them. */
export function routesOf(dot: string): Record<string, string[]> {
  return pairsOf([...readOurs(dot).routes].map((route) => route.split("/")));
}

function pairsOf(pairs: readonly string[][]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [from, to] of pairs) (found[from!] ??= []).push(to!);
  return found;
}

/** MLRun's: a router is a node, with an edge to each of its routes, whose ids are `router/route`. */
function readRecorded(dot: string): Picture {
  const labels = new Map<string, string>();
  const lines = dot.split("\n");
  for (const line of lines) {
    const [, id, attributes] = NODE.exec(line) ?? [];
    if (id !== undefined && !EDGE.test(line)) labels.set(id, attribute(attributes!, "label") ?? bare(id));
  }
  const routes = new Set<string>();
  const links = new Set<string>();
  const routeIds = new Set<string>();
  for (const line of lines) {
    const [, from, to, attributes = ""] = EDGE.exec(line) ?? [];
    if (from === undefined || to === undefined) continue;
    if (bare(to).startsWith(`${bare(from)}/`)) {
      routeIds.add(to);
      routes.add(`${labels.get(from)}/${labels.get(to)}`);
    } else links.add(link(labels.get(from) ?? bare(from), labels.get(to) ?? bare(to), attributes));
  }
  const steps = [...labels].filter(([id]) => !routeIds.has(id)).map(([, label]) => label);
  return { steps: new Set(steps), routes, links };
}

/** Ours: a router is a cluster of its routes; ids are names, classes tell what a node is. */
function readOurs(dot: string): Picture {
  const steps = new Set<string>();
  const routes = new Set<string>();
  const links = new Set<string>();
  let start: string | undefined;
  let cluster = "";
  for (const line of dot.split("\n")) {
    cluster = CLUSTER.exec(line)?.[1] ?? cluster;
    const edge = EDGE.exec(line);
    const node = edge === null ? NODE.exec(line) : null;
    if (edge !== null) {
      const [, from, to, attributes = ""] = edge;
      const tail = stepOf(attribute(attributes, "ltail")) ?? (bare(from!) === start ? START : bare(from!));
      links.add(link(tail, stepOf(attribute(attributes, "lhead")) ?? bare(to!), attributes));
    } else if (node !== null) {
      const [, id, attributes] = node;
      const kinds = (attribute(attributes!, "class") ?? "").split(" ");
      if (kinds.includes("start")) start = bare(id!);
      if (kinds.includes("start")) steps.add(START);
      else if (kinds.includes("step")) steps.add(id === "graph" ? stepOf(bare(cluster))! : bare(id!));
      else if (kinds.includes("route") && !kinds.includes("none")) routes.add(bare(id!));
    }
  }
  return { steps, routes, links };
}

/** A function that is one router: what the router is called there is each system's own. */
function withoutRouterName({ steps, routes, links }: Picture): Picture {
  const name = [...steps].find((step) => step !== START)!;
  const rename = (items: ReadonlySet<string>) => new Set([...items].map((item) => item.replace(name, "router")));
  return { steps: rename(steps), routes: rename(routes), links: rename(links) };
}

function link(from: string, to: string, attributes: string): string {
  return `${from} ${attributes.includes("style=dashed") ? "⇢" : "→"} ${to}`;
}

function stepOf(cluster: string | undefined): string | undefined {
  return cluster?.replace(/^cluster_/, "");
}

function attribute(attributes: string, name: string): string | undefined {
  const found = new RegExp(String.raw`\b${name}=(${ID})`).exec(attributes)?.[1];
  return found === undefined ? undefined : bare(found);
}

function bare(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(["\\])/g, "$1") : text;
}
