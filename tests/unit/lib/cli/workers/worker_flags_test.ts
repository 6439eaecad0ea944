import { deepStrictEqual, ok } from "node:assert/strict";
import { workerFlags } from "../../../../../lib/cli/workers/worker_flags.ts";

Deno.test("workerFlags() says how memory is kept, unless somebody does", () => {
  const [young, ...rest] = workerFlags(["--allow-net", "--allow-read"]);
  ok(young!.startsWith("--v8-flags=--max-semi-space-size="));
  deepStrictEqual(rest, ["--allow-net", "--allow-read"]);
  const own = ["-A", "--v8-flags=--max-old-space-size=900"];
  deepStrictEqual(workerFlags(own), own);
});

Deno.test("V8 lets as much be young as workerFlags() says: three times that, which its limit has beside the rest", async () => {
  const told = 'import v8 from "node:v8"; console.log(v8.getHeapStatistics().heap_size_limit)';
  const limitOf = async (flags: readonly string[]) => {
    const args = ["run", ...flags, `data:text/javascript,${encodeURIComponent(told)}`];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
    return Number(new TextDecoder().decode(stdout)) / 2 ** 20;
  };
  deepStrictEqual(await limitOf(workerFlags(["-A"])) - await limitOf(["-A"]), 3 * (64 - 32));
});
