import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { toText } from "../../../../lib/plot/text.ts";
import type { EdgeView, GraphView, StepView } from "../../../../lib/plot/view.ts";

function step(name: string, rest: Partial<StepView> = {}): StepView {
  return { name, kind: "function", responder: false, handler: false, ...rest };
}

/** A view of steps a, b, … with edges such as "ab". */
function view(names: string, edges: string, rest: Partial<GraphView> = {}): GraphView {
  const drawn = edges.split(" ").filter((edge) => edge !== "").map((edge): EdgeView => ({
    from: edge[0]!,
    to: edge[1]!,
    kind: "flow",
  }));
  return { name: "g", functions: [], steps: [...names].map((name) => step(name)), edges: drawn, ...rest };
}

/** The lines below the name, without kinds. */
function lines(graph: GraphView): string[] {
  return toText(graph).replaceAll(" [function]", "").split("\n").slice(1).map((line) => line.slice(2));
}

Deno.test("toText() tells a chain a step a line", () => {
  deepStrictEqual(lines(view("abc", "ab bc")), ["→ a", "→ b", "→ c"]);
});

Deno.test("toText() tells branches below each other and a join once", () => {
  deepStrictEqual(lines(view("abcde", "ab ac bd cd de")), [
    "→ a",
    "├→ b",
    "│  → d",
    "│  → e",
    "└→ c",
    "   → d, see above",
  ]);
});

Deno.test("toText() tells several starts, and steps that nothing leads to but themselves", () => {
  deepStrictEqual(lines(view("abcd", "cd dc")), [
    "├→ a",
    "└→ b",
    "├→ c",
    "│  → d",
    "│  → c, see above",
    "└→ d, see above",
  ]);
});

Deno.test("toText() tells error handlers, ways back, functions, routes and the responder", () => {
  const text = toText({
    name: "g",
    functions: ["child"],
    steps: [
      step("a", { detail: "Echo" }),
      step("r", { kind: "votingEnsemble", routes: [{ name: "m1" }, { name: "m2" }], function: "child" }),
      step("e", { kind: "modelRouter", routes: [], responder: true }),
      step("h", { handler: true }),
    ],
    edges: [
      { from: "a", to: "r", kind: "flow" },
      { from: "r", to: "e", kind: "flow" },
      { from: "e", to: "a", kind: "cycle" },
      { from: "a", to: "h", kind: "error" },
    ],
  });
  strictEqual(
    text,
    [
      `graph "g"`,
      "  → a [Echo], errors ⇢ h",
      "  → r [votingEnsemble: m1, m2] in child",
      "  → e [modelRouter: no routes] ↵ reply, back to a",
      "  on error",
      "  → h [function]",
    ].join("\n"),
  );
});

Deno.test("toText() tells which handler takes the errors of every step", () => {
  const text = toText({ name: "g", functions: [], steps: [step("h", { handler: true, takes: "all" })], edges: [] });
  strictEqual(text.split("\n").at(-1), "  → h [function], takes errors of every step");
});

Deno.test("toText() gives a terminal nothing but letters", () => {
  const text = toText({ name: "\x1b[2J", functions: [], steps: [step(""), step("a\nb\x07\u202e")], edges: [] });
  deepStrictEqual(text.split("\n"), [`graph "\ufffd[2J"`, "  ├→ (no name) [function]", "  └→ a b\ufffd [function]"]);
});

Deno.test("toText() tells an empty graph and one of ten thousand steps", () => {
  strictEqual(toText(view("", "")), `graph "g"`);
  const steps = Array.from({ length: 10_000 }, (_, index) => step(`s${index}`));
  const edges = steps.slice(1).map(({ name }, index): EdgeView => ({ from: `s${index}`, to: name, kind: "flow" }));
  const text = toText({ name: "g", functions: [], steps, edges });
  strictEqual(text.split("\n").length, 1 + steps.length);
  ok(text.endsWith("→ s9999 [function]"));
});
