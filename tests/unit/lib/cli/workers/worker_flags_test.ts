import { deepStrictEqual, ok } from "node:assert/strict";
import { workerFlags } from "../../../../../lib/cli/workers/worker_flags.ts";

Deno.test("workerFlags() says how memory is kept, unless somebody does", () => {
  const [young, ...rest] = workerFlags(["--allow-net", "--allow-read"]);
  ok(young!.startsWith("--v8-flags=--no-allocation-site-pretenuring,--max-semi-space-size="));
  deepStrictEqual(rest, ["--allow-net", "--allow-read"]);
  const own = ["-A", "--v8-flags=--max-old-space-size=900"];
  deepStrictEqual(workerFlags(own), own);
});

Deno.test("workerFlags() keeps what is young to a part of what each worker may have, three times which V8 keeps at worst", () => {
  const GIB = 2 ** 30;
  const youngOf = (limitBytes: number, workers = 1) =>
    Number(/\d+$/.exec(workerFlags(["-A"], { limitBytes, workers })[0]!));
  deepStrictEqual([64, 4, 1, 1 / 2, 1 / 4, 1 / 8].map((gib) => youngOf(gib * GIB)), [64, 64, 64, 32, 32, 16]);
  deepStrictEqual([1, 2, 3, 4, 16].map((workers) => youngOf(GIB, workers)), [64, 32, 32, 32, 8]);
  deepStrictEqual([youngOf(1), youngOf(0), youngOf(2 ** 63)], [1, 64, 64], "a limit of nearly nothing, none, and none");
  for (const limit of [1 / 16, 1 / 8, 0.2, 1 / 4, 0.3, 0.7, 1, 1.5]) {
    ok(3 * youngOf(limit * GIB) * 2 ** 20 <= 0.375 * limit * GIB);
  }
});

Deno.test("workerFlags() leaves V8 its own measure where nobody may ask how much memory there is", async () => {
  const module = new URL("../../../../../lib/cli/workers/worker_flags.ts", import.meta.url).href;
  const code = `import { workerFlags } from ${
    JSON.stringify(module)
  }; console.log(workerFlags(["-A"], { workers: 8 })[0])`;
  const flagOf = async (...may: string[]) => {
    const args = [
      "run",
      "--no-prompt",
      "--lock=deno.lock",
      ...may,
      `data:application/typescript,${encodeURIComponent(code)}`,
    ];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  deepStrictEqual(
    await flagOf("--allow-read", "--allow-import"),
    "--v8-flags=--no-allocation-site-pretenuring,--max-semi-space-size=32",
  );
});

Deno.test("V8 lets as much be young as workerFlags() says: three times that, which its limit has beside the rest", async () => {
  const told = 'import v8 from "node:v8"; console.log(v8.getHeapStatistics().heap_size_limit)';
  const limitOf = async (flags: readonly string[]) => {
    const args = ["run", ...flags, `data:text/javascript,${encodeURIComponent(told)}`];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
    return Number(new TextDecoder().decode(stdout)) / 2 ** 20;
  };
  deepStrictEqual(await limitOf(workerFlags(["-A"], { limitBytes: 2 ** 40 })) - await limitOf(["-A"]), 3 * (64 - 32));
});
