/** Streamed replies of `levada serve`, read by other people's clients: httpx-sse, sseclient-py, requests. */

import { preparePython } from "../../../lib/cli/python.ts";
import { startServe } from "../../support/serve_process.ts";
import type { Counts } from "../main.ts";

const HERE = new URL("./", import.meta.url).pathname;
const SERVED = `${HERE}served.ts`;
const CLIENTS = ["httpx==0.28.1", "httpx-sse==0.4.3", "requests==2.32.5", "sseclient-py==1.8.0"];

/** Runs the suite and prints each case. */
export async function run(): Promise<Counts> {
  const clients = await preparePython({ name: "events", packages: CLIENTS, onProgress: (text) => console.log(text) });
  await using words = startServe([SERVED, "--export", "default"]);
  await using items = startServe([SERVED, "--export", "items"]);
  const { code, stdout, stderr } = await new Deno.Command(clients.program("python"), {
    args: [`${HERE}cases.py`, await words.url, await items.url],
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
