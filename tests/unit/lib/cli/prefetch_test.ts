import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { Interrupted, type Terminal } from "../../../../lib/cli/command.ts";
import { matchPackage, prefetch } from "../../../../lib/cli/prefetch.ts";

function context(signal = new AbortController().signal) {
  const written: string[] = [];
  const terminal: Terminal = { out: (text) => written.push(text), err: () => {}, isInteractive: false, columns: 80 };
  return { context: { terminal, signal }, written };
}

Deno.test("matchPackage() reads name and version from an archive's address", () => {
  const cases: [string, { name: string; version: string } | undefined][] = [
    ["https://r.example/zod/-/zod-4.6.7.tgz", { name: "zod", version: "4.6.7" }],
    ["https://r.example/npm/@oxc-x/b-linux/-/b-linux-0.1.0-beta.1.tgz", {
      name: "@oxc-x/b-linux",
      version: "0.1.0-beta.1",
    }],
    ["http://localhost:4873/wink-nlp/-/wink-nlp-2.3.0.tgz", { name: "wink-nlp", version: "2.3.0" }],
    ["https://r.example/zod", undefined],
    ["https://r.example/mod.ts", undefined],
  ];
  for (const [url, expected] of cases) deepStrictEqual(matchPackage(url), expected, url);
});

Deno.test("prefetch() is silent when nothing has to be downloaded", async () => {
  const { context: given, written } = context();
  const path = new URL("../../../../lib/cli/command.ts", import.meta.url).pathname;
  deepStrictEqual(await prefetch([path], given), { packages: 0, bytes: 0 });
  deepStrictEqual(written, []);
});

Deno.test("prefetch() tells in Deno's words what cannot be had", async () => {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, 'import "./there_is_no_such_file.ts";');
    await rejects(prefetch([path], context().context), {
      name: "CommandError",
      message: /^Cannot download what is needed:\n[^]*there_is_no_such_file/,
    });
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("prefetch() starts nothing after Ctrl-C", async () => {
  const stopped = AbortSignal.abort(new Interrupted(130));
  await rejects(prefetch(["/none.ts"], context(stopped).context), (error: Interrupted) => {
    strictEqual(error.exitCode, 130);
    return true;
  });
});
