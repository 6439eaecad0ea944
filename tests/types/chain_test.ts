import {
  extend,
  filter,
  flatMap,
  type FlowEvent,
  type ItemError,
  map,
  queue,
  remote,
  remoteBatch,
  reply,
  serving,
  votingEnsemble,
} from "levada";
import { z } from "zod";

/** True when both types are the same. */
type Same<One, Other> = (<Type>() => Type extends One ? 1 : 2) extends (<Type>() => Type extends Other ? 1 : 2) ? true
  : false;

/** Checks a type; there is nothing to run. */
function same<_Proof extends true>(): void {}

/** The body behind a chain. */
type BodyOf<Step> = Step extends { "~reply"?: infer Body } ? Exclude<Body, undefined> : never;

class Scale {
  readonly #by: number;
  constructor({ by }: { by: number }) {
    this.#by = by;
  }
  do(n: number): number {
    return n * this.#by;
  }
}

class Client {
  readonly #timeoutMs: number;
  constructor({ timeoutMs }: { timeoutMs: number; shape: string }) {
    this.#timeoutMs = timeoutMs;
  }
  do(n: number): number {
    return n + this.#timeoutMs;
  }
}

Deno.test("arguments of a class that are called like options of a step stand apart", () => {
  const graph = serving("types").setTopology("flow");
  const fine = graph.to("fine", Client, { args: { timeoutMs: 5, shape: "round" }, timeoutMs: 1_000 });
  same<Same<BodyOf<typeof fine>, number>>();
  // @ts-expect-error -- whose time-out would that be?
  graph.to("swallowed", Client, { timeoutMs: 5, shape: "round" });
  // @ts-expect-error -- the class needs its arguments
  graph.addStep("missing", Client, { after: "fine" });
  graph.addStep("added", Client, { args: { timeoutMs: 5, shape: "round" }, after: "fine" });
});

Deno.test("a chain's type grows with it", () => {
  const graph = serving("types").setTopology("flow");
  const size = graph.to("size", (text: string) => text.length);
  same<Same<BodyOf<typeof size>, number>>();
  const even = size.to("even", (n) => n % 2 === 0);
  same<Same<BodyOf<typeof even>, boolean>>();
  const later = size.to("later", async (n) => await Promise.resolve([n]));
  same<Same<BodyOf<typeof later>, number[]>>();
  const item = later.to("flat", flatMap((list) => list)).to("odd", filter((n) => n % 2 === 1)).to("q", queue());
  same<Same<BodyOf<typeof item>, number>>();
  const scaled = item.to("scale", Scale, { by: 3 });
  same<Same<BodyOf<typeof scaled>, number>>();
  const mapped = scaled.to("map", map((n) => `${n}`));
  same<Same<BodyOf<typeof mapped>, string>>();
  const early = mapped.to("early", (text) => text === "" ? reply(true) : text.length);
  same<Same<BodyOf<typeof early>, number>>();
  const alike = early.to("alike", (n) => ({ body: n })); // no early reply, though it looks like one
  same<Same<BodyOf<typeof alike>, { body: number }>>();
});

Deno.test("extend() and resultPath add fields to the body's type", () => {
  const graph = serving("types").setTopology("flow", { input: z.object({ text: z.string() }) });
  const extended = graph.to("size", extend((body) => ({ size: body.text.length })));
  same<Same<BodyOf<typeof extended>["size"], number>>();
  same<Same<BodyOf<typeof extended>["text"], string>>();
  const nested = extended.to("half", (size) => size / 2, { inputPath: "size", resultPath: "stats.half" });
  same<Same<BodyOf<typeof nested>["stats"]["half"], number>>();
});

Deno.test("remote() and remoteBatch() give what their schema says, and their functions know the body", () => {
  const graph = serving("types").setTopology("flow", { input: z.object({ user: z.string() }) });
  const reply = z.object({ age: z.number() });
  const known = graph.to("known", remote({ url: (body) => `http://host/${body.user.trim()}`, reply }));
  same<Same<BodyOf<typeof known>, { age: number }>>();
  const unknown = graph.to("unknown", remote({ url: "http://host" }));
  same<Same<BodyOf<typeof unknown>, unknown>>();
  const kept = graph.to("kept", remote({ url: "http://host", reply }), { resultPath: "found" });
  same<Same<BodyOf<typeof kept>["found"], { age: number }>>();
  same<Same<BodyOf<typeof kept>["user"], string>>();
  const list = graph.to("list", ({ user }) => [user]);
  const each = list.to("each", remoteBatch({ url: (user) => `http://host/${user.trim()}`, reply }));
  same<Same<BodyOf<typeof each>, { age: number }[]>>();
  const told = list.to("told", remoteBatch({ url: "http://host", reply, onItemError: "report" }));
  same<Same<BodyOf<typeof told>, ({ age: number } | ItemError)[]>>();
  const named = list.to("named", remoteBatch<string>({ url: (user) => user.trim(), onItemError: "report" }));
  same<Same<BodyOf<typeof named>, unknown[]>>(); // unknown has room for everything
  const both = list.to("both", remoteBatch<string, number>({ url: "http://host", onItemError: "report" }));
  same<Same<BodyOf<typeof both>, (number | ItemError)[]>>();
  const failing = list.to("failing", remoteBatch<string, number>({ url: "http://host", onItemError: "fail" }));
  same<Same<BodyOf<typeof failing>, number[]>>();
  const all = list.to("all", remoteBatch<string, number, "report">({ url: "http://host", onItemError: "report" }));
  same<Same<BodyOf<typeof all>, (number | ItemError)[]>>();
  const chosen = (onItemError: "fail" | "report") =>
    list.to("?", remoteBatch({ url: "http://host", reply, onItemError }));
  same<Same<BodyOf<ReturnType<typeof chosen>>, { age: number }[] | ({ age: number } | ItemError)[]>>();
  const inferred = list.to("inferred", remoteBatch({ url: (user) => user.trim(), reply, onItemError: "report" }));
  same<Same<BodyOf<typeof inferred>, ({ age: number } | ItemError)[]>>();
  // @ts-expect-error -- there is no such policy
  list.to("policy", remoteBatch<string>({ url: "http://host", onItemError: "ignore" }));
  // @ts-expect-error -- the body has no field of this name
  graph.to("wrong", remote({ url: (body) => body.name }));
  // @ts-expect-error -- somebody has to be asked
  graph.to("nobody", remote({ method: "GET" }));
  // @ts-expect-error -- the body is no list
  graph.to("no list", remoteBatch({ url: (user: string) => user }));
});

Deno.test("fullEvent hands the step the event", () => {
  const graph = serving("types").setTopology("flow", { input: z.number() });
  const step = graph.to("event", (event: FlowEvent<number>) => event.body + event.id.length, { fullEvent: true });
  same<Same<BodyOf<typeof step>, number>>();
});

Deno.test("wrong uses are red in the editor", () => {
  const graph = serving("types").setTopology("flow");
  const size = graph.to("size", (text: string) => text.length);
  // @ts-expect-error -- the body is a number
  size.to("wrong", (text: string) => text.length);
  // @ts-expect-error -- a number has no toUpperCase
  size.to("worse", (n) => n.toUpperCase());
  // @ts-expect-error -- the class needs { by }
  size.to("missing", Scale);
  // @ts-expect-error -- `by` is a number
  size.to("misspelt", Scale, { by: "3" });
  // @ts-expect-error -- a task takes no routes
  size.addRoute;
  const ensemble = graph.addStep("ensemble", votingEnsemble());
  ensemble.addRoute("m", Scale as never);
  const declared = serving("typed").setTopology("flow", { input: z.string(), output: z.number() });
  declared.to("fine", (text) => text.length).respond();
  // @ts-expect-error -- the graph gives a number
  declared.to("text", (text) => text).respond();
});
