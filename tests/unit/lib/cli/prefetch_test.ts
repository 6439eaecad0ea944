import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { Interrupted, type Terminal } from "../../../../lib/cli/command.ts";
import { prefetch } from "../../../../lib/cli/prefetch.ts";
import { openRegistry } from "../../../support/npm_registry.ts";

function context({ signal = new AbortController().signal, isInteractive = false } = {}) {
  const written: string[] = [];
  const terminal: Terminal = { out: (text) => written.push(text), err: () => {}, isInteractive, columns: 80 };
  return { context: { terminal, signal }, written };
}

/** A project with one package that is named `water` in its imports. */
async function openProject(): Promise<AsyncDisposable & { project: URL; path: string }> {
  const path = await Deno.makeTempDir();
  await Deno.writeTextFile(`${path}/deno.json`, '{ "importMap": "imports.json", "lock": false }');
  await Deno.writeTextFile(`${path}/imports.json`, '{ "imports": { "water": "npm:levada-water@1.0.0" } }');
  return {
    path,
    project: pathToFileURL(`${path}/`),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

Deno.test("prefetch() downloads what is missing, says so with its size, and is silent the next time", async () => {
  await using registry = await openRegistry("levada-water", `export const water = "${"~".repeat(200_000)}";`);
  await using own = await openProject();
  const [first, second] = [context(), context()];
  await prefetch(["water"], first.context, own);
  deepStrictEqual(registry.fetched, ["/levada-water/-/levada-water-1.0.0.tgz"]);
  match(
    first.written.join(""),
    /^Downloading what is needed, this first time only …\nDownloaded 1 package in \d+\.\d s: 0\.2 MB on the disk\.\n\n$/,
  );
  await prefetch(["water"], second.context, own);
  deepStrictEqual([registry.fetched.length, second.written], [1, []]);
  match(await Deno.readTextFile(`${own.path}/deno.lock`), /"npm:levada-water@1\.0\.0": "1\.0\.0"/);
});

Deno.test("prefetch() shows a person which package is on its way, and takes the line away", async () => {
  await using _registry = await openRegistry("levada-water", "export {};");
  await using own = await openProject();
  const { context: given, written } = context({ isInteractive: true });
  await prefetch(["water"], given, own);
  deepStrictEqual(written.slice(1, 3), ["\r\x1b[2K  1 so far: levada-water 1.0.0", "\r\x1b[2K"]);
});

Deno.test("prefetch() refuses a package that is not what the lock says", async () => {
  await using _registry = await openRegistry("levada-water", "export {};");
  await using own = await openProject();
  const lock = {
    version: "5",
    specifiers: { "npm:levada-water@1.0.0": "1.0.0" },
    npm: { "levada-water@1.0.0": { integrity: `sha512-${"A".repeat(86)}==` } },
    workspace: { dependencies: ["npm:levada-water@1.0.0"] },
  };
  await Deno.writeTextFile(`${own.path}/deno.lock`, JSON.stringify(lock));
  await rejects(prefetch(["water"], context().context, own), {
    name: "CommandError",
    message: /^Cannot download what is needed:\n[^]*checksum/,
  });
});

Deno.test("prefetch() is silent when nothing has to be downloaded", async () => {
  const { context: given, written } = context();
  await prefetch(["lib/cli/command.ts"], given);
  deepStrictEqual(written, []);
});

Deno.test("prefetch() tells in Deno's words what cannot be had", async () => {
  await using own = await openProject();
  await Deno.writeTextFile(`${own.path}/main.ts`, 'import "./there_is_no_such_file.ts";');
  await rejects(prefetch(["main.ts"], context().context, own), {
    name: "CommandError",
    message: /^Cannot download what is needed:\n[^]*there_is_no_such_file/,
  });
});

Deno.test("prefetch() starts nothing after Ctrl-C", async () => {
  const signal = AbortSignal.abort(new Interrupted(130));
  await rejects(prefetch(["none.ts"], context({ signal }).context), (error: Interrupted) => {
    strictEqual(error.exitCode, 130);
    return true;
  });
});
