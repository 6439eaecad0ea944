import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { run } from "./main.ts";

const GOOD = {
  schema: "levada-golden/1",
  name: "good",
  about: "one step",
  topics: ["own"],
  graph: {
    topology: "flow",
    engine: "async",
    build: [{ on: "graph", call: "to", args: ["Chain", "a"] }, { on: "a", call: "respond" }],
  },
  requests: [{
    path: "/",
    method: "POST",
    id: "ev1",
    body: [1],
    expect: { status: 200, body: [1, "a"] },
    trace: ["a"],
  }],
};

async function runOn(
  files: Record<string, string>,
  options: object = {},
): Promise<{ counts: object; lines: string[] }> {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${directory}/${name}`, text);
    const lines: string[] = [];
    const counts = await run({ directory, print: (line) => lines.push(line), limitMs: 200, ...options });
    return { counts, lines };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("run() runs any folder of cases, and tells what is different", async () => {
  const wrong = structuredClone(GOOD);
  wrong.requests[0]!.expect.body = [1, "b"];
  const { counts, lines } = await runOn({
    "a.json": JSON.stringify(GOOD),
    "b.json": JSON.stringify({ ...wrong, name: "wrong" }),
  });
  deepStrictEqual(counts, { passed: 1, failed: 1, skipped: 0, unreadable: 0 });
  ok(lines.some((line) => line.includes('answer ev1 POST /: [1]: "a" is not "b"')));
  strictEqual(lines.at(-1), "1 passed, 1 failed");
});

Deno.test("run() names a file that is no case, and runs the others", async () => {
  const { counts, lines } = await runOn({
    "broken.json": "{",
    "good.json": JSON.stringify(GOOD),
    "list.json": "[]",
    "other.json": JSON.stringify({ ...GOOD, schema: "else/1" }),
  });
  deepStrictEqual(counts, { passed: 1, failed: 0, skipped: 0, unreadable: 3 });
  match(lines[0]!, /broken\.json as JSON/);
  match(lines[1]!, /list\.json as a case/);
  match(lines[2]!, /other\.json as a case: schema/);
});

Deno.test("run() tells of a folder that is not there, and of one without cases", async () => {
  const lines: string[] = [];
  const counts = await run({ directory: "/no/such/folder", print: (line) => lines.push(line) });
  strictEqual(counts.unreadable, 1);
  match(lines[0]!, /Cannot read cases from \/no\/such\/folder/);
  match((await runOn({ "notes.txt": "" })).lines[0]!, /no file that ends with \.json/);
});

Deno.test("run() cuts off what hangs", async () => {
  const slow = structuredClone(GOOD) as { graph: { build: object[] } };
  slow.graph.build[0] = { on: "graph", call: "to", args: ["Sleep", "a"], with: { seconds: 0.05 } };
  const { counts, lines } = await runOn({ "slow.json": JSON.stringify(slow) }, { limitMs: 10 });
  deepStrictEqual(counts, { passed: 0, failed: 1, skipped: 0, unreadable: 0 });
  ok(lines.some((line) => line.includes("no answer within 10 ms")));
  await new Promise((resolve) => setTimeout(resolve, 500)); // the step's own timer must have ended
});

Deno.test("run() skips what the library lacks, by what the case uses", async () => {
  const lacking = structuredClone(GOOD) as { graph: { build: object[] } };
  lacking.graph.build[0] = { on: "graph", call: "to", args: ["storey.NoSuchStep", "a"] };
  const { counts, lines } = await runOn({ "x.json": JSON.stringify(lacking) });
  deepStrictEqual(counts, { passed: 0, failed: 0, skipped: 1, unreadable: 0 });
  ok(lines.includes("1 skipped, needs: a step like storey.NoSuchStep"));
});

Deno.test("run() runs only what is asked for", async () => {
  const files = { "a.json": JSON.stringify(GOOD) };
  deepStrictEqual((await runOn(files, { only: "goo" })).counts, { passed: 1, failed: 0, skipped: 0, unreadable: 0 });
  deepStrictEqual((await runOn(files, { only: "bad" })).counts, { passed: 0, failed: 0, skipped: 0, unreadable: 0 });
  deepStrictEqual((await runOn(files, { topic: "own" })).counts, { passed: 1, failed: 0, skipped: 0, unreadable: 0 });
  deepStrictEqual((await runOn(files, { topic: "v2" })).counts, { passed: 0, failed: 0, skipped: 0, unreadable: 0 });
});
