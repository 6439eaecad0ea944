/** ONNX models behind `levada serve`, asked by tritonclient. */

import type { Counts } from "./judge_cases.ts";
import { command } from "./packages.ts";

const CLI = new URL("../../../lib/cli/main.ts", import.meta.url).pathname;
const SERVED = new URL("served.ts", import.meta.url).pathname;
const CASES = new URL("client_cases.py", import.meta.url).pathname;
const EXPECTED = new URL("../../support/onnx/expected.json", import.meta.url).pathname;

/** Serves, asks, and prints what the client found. */
export async function askByClients(python: string): Promise<Counts> {
  await using server = await serve();
  const lines = (await command(python, [CASES, server.url, EXPECTED])).trim().split("\n");
  console.log(lines.join("\n"));
  const passed = lines.filter((line) => line.startsWith("pass ")).length;
  return { passed, failed: lines.length - passed, skipped: 0 };
}

async function serve(): Promise<AsyncDisposable & { readonly url: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--lock=deno.lock", "-A", CLI, "serve", SERVED, "--port", "0"],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await lines.read();
    if (done) throw new Error(`levada serve ended before it served: ${text}`);
    text += value;
    const url = /(http:\/\/127\.0\.0\.1:\d+)/.exec(text)?.[1];
    if (url === undefined) continue;
    return {
      url,
      async [Symbol.asyncDispose]() {
        child.kill("SIGTERM");
        while (!(await lines.read()).done);
        await child.status;
      },
    };
  }
}
