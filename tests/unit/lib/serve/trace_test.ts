import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { queue, serving } from "levada";

Deno.test("MockServer.trace() shows a request as a table, with functions where there are several", async () => {
  const fn = serving("parent");
  fn.addChildFunction("child");
  fn.setTopology("flow").to("size", (text: string) => text.length).respond()
    .to("q", queue({ path: "memory://q" }))
    .to("fail", (n: number) => {
      if (n > 2) throw new RangeError("too long");
      return n;
    }, { function: "child" });
  await using server = await fn.toMockServer({ log: { debug() {}, info() {}, warn() {}, error() {} } });
  const trace = await server.trace("/", "four");
  deepStrictEqual([trace.reply, trace.status], [4, 200]);
  const text = trace.table.text.replaceAll(/\d+(\.\d+)?$/gm, "#");
  strictEqual(
    text.split("\n").map((line) => line.replaceAll(/ {2,}/g, " | ")).join("\n"),
    `answered #
step | function | received | returned | ms
size | parent | four | 4 | #
q | parent | 4 | 4 | #
fail | child | 4 | ✗ RangeError: too long | #`,
  );
  const shown = (trace as unknown as Record<symbol, () => Record<string, string>>)[Symbol.for("Jupyter.display")]!();
  deepStrictEqual(Object.keys(shown), ["text/html", "text/plain"]);
});

Deno.test("MockServer.trace() tells the status of what fails, and of what is refused before any step", async () => {
  const fn = serving("f");
  fn.setTopology("flow").to("no", () => {
    throw new Error("no");
  }).respond();
  await using server = await fn.toMockServer();
  const failed = await server.trace("/", 1, { eventId: "e" });
  deepStrictEqual([failed.status, failed.reply], [500, { error: "no", step: "no", id: "e" }]);
  const refused = await server.trace("/", new TextEncoder().encode("{"), { contentType: "application/json" });
  deepStrictEqual([refused.status, refused.steps], [400, []]);
});
