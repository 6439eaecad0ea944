import { deepStrictEqual, match } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serveLoopback } from "../../../support/loopback.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const MAIN = fileURLToPath(new URL("../../../../lib/cli/main.ts", import.meta.url));
const LOCK = fileURLToPath(new URL("../../../../deno.lock", import.meta.url));

/** How a command ends at a cluster that never answers, when these are sent: the first once it has asked, each other once something is said. */
async function ended(
  words: readonly string[],
  signals: readonly Deno.Signal[],
): Promise<{ code: number; err: string }> {
  const asked = Promise.withResolvers<void>();
  const never = Promise.withResolvers<Response>();
  await using folder = await temporaryFolder();
  await using server = serveLoopback(() => {
    asked.resolve();
    return never.promise;
  });
  const kubeconfig = join(folder.path, "config");
  await Deno.writeTextFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "test",
      contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
      clusters: [{ name: "test", cluster: { server: server.url } }],
      users: [{ name: "test", user: {} }],
    }),
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", `--lock=${LOCK}`, "-A", MAIN, ...words, "--target", "kubernetes"],
    cwd: folder.path,
    env: { KUBECONFIG: kubeconfig, NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let err = "";
  await asked.promise;
  for (const [index, signal] of signals.entries()) {
    if (index > 0) err += (await lines.next()).value ?? "";
    child.kill(signal);
  }
  for (let next = await lines.next(); !next.done; next = await lines.next()) err += next.value;
  const { code } = await child.status;
  never.resolve(new Response());
  return { code, err };
}

Deno.test("status, list, logs and the look before a rollback end at once when they are asked to", async () => {
  const commands = [["status", "shop"], ["list"], ["logs", "shop", "--follow"], ["rollback", "shop"]];
  deepStrictEqual(
    await Promise.all(commands.map((words) => ended(words, ["SIGINT"]))),
    commands.map(() => ({ code: 130, err: "" })),
  );
  deepStrictEqual(await ended(["status", "shop"], ["SIGTERM"]), { code: 143, err: "" });
});

Deno.test("delete says what becomes of it when it is given up, and ends at once when it is asked to once more", async () => {
  for (const [signal, exit] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    const { code, err } = await ended(["delete", "shop"], ["SIGINT", signal]);
    deepStrictEqual(code, exit);
    match(
      err,
      /^Given up: what is removed already is gone, the rest stays\. Once more ends this at once …\nEnded at once: `levada status shop` tells what is left of it, and `levada delete shop` removes that\n$/,
    );
  }
});
