/** Streamed replies of `levada serve`, read by other people's clients: httpx-sse, sseclient-py, requests. */

import { preparePython } from "../../../lib/cli/python.ts";
import type { Counts } from "../main.ts";

const HERE = new URL("./", import.meta.url).pathname;
const CLIENTS = ["httpx==0.28.1", "httpx-sse==0.4.3", "requests==2.32.5", "sseclient-py==1.8.0"];

interface Serving extends AsyncDisposable {
  readonly url: string;
}

/** `levada serve` in a process of its own. */
async function serve(name: string): Promise<Serving> {
  const cli = new URL("../../../lib/cli/main.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--lock=deno.lock", "-A", cli, "serve", `${HERE}served.ts`, "--port", "0", "--export", name],
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
        const { code } = await child.status;
        if (code !== 0) throw new Error(`levada serve ended with ${code}`);
      },
    };
  }
}

/** Runs the suite and prints each case. */
export async function run(): Promise<Counts> {
  const clients = await preparePython({ name: "events", packages: CLIENTS, onProgress: (text) => console.log(text) });
  await using words = await serve("default");
  await using items = await serve("items");
  const { code, stdout, stderr } = await new Deno.Command(clients.program("python"), {
    args: [`${HERE}cases.py`, words.url, items.url],
    signal: AbortSignal.timeout(120_000),
  }).output();
  const rows: { readonly name: string; readonly wrong: string }[] = new TextDecoder().decode(stdout).split("\n")
    .filter(Boolean).map((line) => JSON.parse(line));
  if (code !== 0) rows.push({ name: "cases.py", wrong: new TextDecoder().decode(stderr).trim().slice(-1_000) });
  for (const { name, wrong } of rows) console.log(wrong === "" ? `✓ ${name}` : `✗ ${name}: ${wrong}`);
  const failed = rows.filter(({ wrong }) => wrong !== "").length;
  return { passed: rows.length - failed, failed, skipped: 0 };
}

if (import.meta.main) {
  const { passed, failed, skipped } = await run();
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 ? 1 : 0);
}
