/** Serves functions on ports of their own, and prints their names and addresses as one line of JSON; ends when its input ends. */

import {
  type GenerateRequest,
  modelRouter,
  OnnxModel,
  openLog,
  openTelemetry,
  Secret,
  serving,
  StatusError,
  TextModel,
  votingEnsemble,
} from "levada";
import { z } from "zod";

const LOG = openLog({ level: "warn" }); // to the standard error
const MODELS = new URL("../../../notebooks/models/", import.meta.url).pathname;
const FOREST = { modelPath: `${MODELS}iris_forest.onnx` };
const LOGREG = { modelPath: `${MODELS}iris_logreg.onnx` };

const router = serving("flowers");
router.setTopology("router").addRoute("forest", OnnxModel, FOREST).addRoute("logreg:v2", OnnxModel, LOGREG);

const ensemble = serving("voters");
ensemble.setTopology("flow").to("vote", votingEnsemble({ name: "all" })).respond()
  .addRoute("forest", OnnxModel, FOREST).addRoute("logreg", OnnxModel, LOGREG);

const ORDER = z.strictObject({
  customer: z.string().min(1).max(40),
  amount: z.int().min(1).max(1_000),
  express: z.boolean().optional(),
  lines: z.array(z.object({ sku: z.enum(["a", "b"]), price: z.number().min(0).max(1e6) })).min(1).max(5),
});
const BILL = z.object({ customer: z.string(), total: z.number(), isFree: z.boolean() });

const flow = serving("orders");
flow.setTopology("flow", { input: ORDER, output: BILL })
  .to("total", ({ customer, amount, lines }) => {
    const total = amount * lines.reduce((sum, { price }) => sum + price, 0);
    if (total > 1e9) throw new StatusError(409, "too much");
    return { customer, total, isFree: total === 0 };
  })
  .respond();

const mixed = serving("mixed");
mixed.setTopology("flow").to("same", (body: object) => body).to("models", modelRouter()).respond()
  .addRoute("forest", OnnxModel, FOREST);

const guarded = serving("guarded");
guarded.setTopology("flow", { input: z.number(), output: z.number() }).to("same", (n) => n).respond();

const shop = serving("shop").setApi({
  endpoints: [
    { path: "/items/{id}", input: { count: { path: "$.order.count", mandatory: true } }, output: { total: "$.sum" } },
    { path: "/items", method: "GET", description: "All items" },
    { path: "/secret/*", action: "forbid" },
  ],
});
shop.setTopology("flow")
  .to("price", (_body: unknown, { given }) => {
    const sum = 2 * Number(given.count ?? 0);
    if (!Number.isFinite(sum)) throw new StatusError(409, "too many");
    return { sum, id: given.id };
  }).respond();

class Words extends TextModel {
  override async *generate({ text_input }: GenerateRequest): AsyncGenerator<string, void, undefined> {
    for (const word of text_input.split(" ")) yield await Promise.resolve(`${word} `);
  }
}

const texts = serving("texts").addModel("words", Words);

interface Tree {
  readonly name: string;
  readonly kids: readonly Tree[];
}
const TREE: z.ZodType<Tree> = z.lazy(() => z.object({ name: z.string(), kids: z.array(TREE) }));
const trees = serving("trees");
trees.setTopology("flow", { input: TREE, output: z.object({ tree: TREE, more: z.array(TREE) }) })
  .to("wrap", (tree: Tree) => ({ tree, more: [...tree.kids] })).respond();

const COUNT = z.object({ n: z.number() });
const counts = serving("counts");
counts.setTopology("flow", { input: COUNT, output: COUNT }).to("count", function* ({ n }) {
  for (let i = 0; i < Math.min(3, n); i++) yield { n: i };
}).respond();

const greetings = serving("greetings");
greetings.setTopology("flow", { input: z.object({ name: z.string() }), output: z.string() })
  .to("greet", ({ name }) => `Hello "${name}"`).respond();

const either = serving("either");
either.setTopology("flow", { input: z.union([z.string(), z.number()]), output: z.union([z.string(), z.number()]) })
  .to("same", (value) => value).respond();

const loose = serving("loose");
loose.setTopology("flow", { input: z.looseObject({ n: z.number() }), output: COUNT }).to("same", (body) => body)
  .respond();

const servers = await Promise.all(
  [router, ensemble, flow, mixed, guarded, shop, texts, trees, counts, greetings, either, loose].map(async (fn) =>
    [
      fn.name,
      await fn.serve({
        port: 0,
        log: LOG,
        telemetry: await openTelemetry(),
        ...(fn === guarded ? { tokens: [new Secret("TOKEN", Deno.args[0]!)] } : {}),
      }),
    ] as const
  ),
);
console.log(JSON.stringify(Object.fromEntries(servers.map(([name, { url }]) => [name, url]))));
await Deno.stdin.readable.pipeTo(new WritableStream());
for (const [, server] of servers) await server.close();
