import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { readOptions } from "../../../../../lib/cli/options.ts";
import { readWish, SERVE_OPTIONS, type ServeWish } from "../../../../../lib/cli/serving/serve_wish.ts";

function wish(...words: string[]): ServeWish {
  const { values, positionals } = readOptions(words, SERVE_OPTIONS);
  return readWish(values, positionals);
}

Deno.test("readWish() reads every option", () => {
  deepStrictEqual(
    wish(
      "m.ts",
      "--host",
      "::",
      "--port",
      "0",
      "--limit",
      "maxConcurrent=4",
      "--limit",
      "maxQueued=Infinity",
      "--grace",
      "2",
      "--health-port",
      "8082",
      "--linger",
      "5",
    ),
    {
      module: "m.ts",
      export: undefined,
      revision: undefined,
      function: undefined,
      hostname: "::",
      port: 0,
      grpcPort: undefined,
      healthPort: 8_082,
      graceMs: 2_000,
      lingerMs: 5_000,
      limits: { maxConcurrent: 4, maxQueued: Infinity },
      tokens: undefined,
      tls: undefined,
      cors: undefined,
      logsRequests: false,
      logLevel: undefined,
      workerFlags: undefined,
      workers: undefined,
      isWorker: false,
      waitsToRead: false,
    },
  );
  const told = wish("m.ts", "--access-log", "--log-level", "warn");
  deepStrictEqual([told.logsRequests, told.logLevel], [true, "warn"]);
  deepStrictEqual(wish("m.ts", "--token", "A", "--token", "B").tokens, ["A", "B"]);
  deepStrictEqual([wish("m.ts", "--workers", "1").workers, wish("m.ts", "--workers", "4").workers], [undefined, 4]);
  strictEqual(wish("m.ts", "--workers", "4", "--as-worker").workers, undefined);
});

Deno.test("readWish() refuses what it cannot read, naming the option", () => {
  const cases: [string[], RegExp][] = [
    [[], /^UsageError: give it a module/],
    [["a", "b"], /it serves one module: got 2/],
    ...["", "x", "1.5", "-0.5", "65536", "1e9", "NaN"].map((port): [string[], RegExp] => [
      ["m", `--port=${port}`],
      /--port takes a number from 0 to 65535/,
    ]),
    ...["0", "-1", "1000", "two"].map((
      count,
    ): [string[], RegExp] => [["m", `--workers=${count}`], /--workers takes a number/]),
    ...["x", "a=", "=1", "a=0", "a=-1", "a=b", "a b=1", "__proto__"].map((limit): [string[], RegExp] => [
      ["m", `--limit=${limit}`],
      /--limit takes NAME=NUMBER/,
    ]),
    [["m", "--log-level", "loud"], /--log-level takes debug, info, warn, error, silent: got "loud"/],
    [["m", "--tls-cert", "c"], /https needs both --tls-cert and --tls-key/],
    [["m", "--client-ca", "c"], /https needs both/],
    [["m", "--worker-flag=--allow-net"], /--worker-flag is about workers/],
    [["m", "--workers=1", "--worker-flag=--allow-net"], /--worker-flag is about workers/],
  ];
  for (const [words, message] of cases) throws(() => wish(...words), message);
});
