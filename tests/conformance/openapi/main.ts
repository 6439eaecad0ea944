/**
 * `/openapi.json` of servers that listen: the document by `openapi-spec-validator`, and what they answer by `schemathesis`, which makes
 * requests from the document, right ones and wrong ones, and compares the answers with it.
 */

import { preparePython, type PythonEnvironment } from "../../../lib/cli/python.ts";

/** What the suite counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const ROOT = new URL("../../../", import.meta.url).pathname;
const SERVED = new URL("served.ts", import.meta.url).pathname;
const EXAMPLES = 40; // requests made at random for each operation, beside those that try each part of a schema
const SEED = Deno.env.get("LEVADA_SEED") ?? "1"; // the same requests in every run, unless somebody looks for more
const VALIDATE = "import json, sys; from openapi_spec_validator import validate; validate(json.load(sys.stdin))";
/** A graph takes any method at any path, which OpenAPI cannot say: what is not described need not be 405, and `allow` may name more. */
const ANY_METHOD = ["unsupported_method", "allow_header_conformance"];
/** JSON Schema cannot say that a tensor's data has as many values as its shape says: some of what it makes is refused, rightly. */
const TENSORS = ["positive_data_acceptance"];
/** The functions that are served, and the checks that make no sense for them besides. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  flowers: TENSORS,
  voters: TENSORS,
  mixed: TENSORS,
  orders: [],
  guarded: [],
  shop: [],
  texts: TENSORS,
  trees: [],
  counts: [],
  greetings: [],
  either: [],
  loose: [],
};
const TOKEN = "a-token-of-this-run";

/** Runs a program on an input; gives what it said where it failed. */
async function complaint(
  program: string,
  args: readonly string[],
  { input = "", cwd }: { readonly input?: string; readonly cwd: string },
): Promise<string | undefined> {
  const child = new Deno.Command(program, { args: [...args], cwd, stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {}); // who ends without reading says why
  await writer.close().catch(() => {});
  const { success, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return success ? undefined : `${text.decode(stdout)}\n${text.decode(stderr)}`;
}

function checksOf(python: PythonEnvironment, name: string, { url, cwd }: { url: string; cwd: string }) {
  const headers = { Authorization: `Bearer ${TOKEN}` };
  return {
    [`${name}: the document is OpenAPI 3.1`]: async () => {
      const document = await (await fetch(`${url}/openapi.json`, { headers })).text();
      return await complaint(python.program("python"), ["-c", VALIDATE], { input: document, cwd });
    },
    [`${name}: each answer is one that the document has, and none is the server's own failure`]: async () => {
      const said = await complaint(python.program("schemathesis"), [
        "run",
        `${url}/openapi.json`,
        "--checks=all",
        `--exclude-checks=${[...ANY_METHOD, ...LEFT_OUT[name]!].join(",")}`,
        "--continue-on-failure",
        "--no-color",
        `--max-examples=${EXAMPLES}`,
        `--seed=${SEED}`,
        ...(name === "guarded" ? ["-H", `Authorization: ${headers.Authorization}`] : []),
      ], { cwd });
      return said === undefined ? undefined : said.slice(said.indexOf("= FAILURES"));
    },
  };
}

/** Runs the suite and prints each result. */
export async function run(): Promise<Counts> {
  const python = await preparePython({
    name: "openapi",
    packages: ["schemathesis==4.32.5", "openapi-spec-validator==0.9.0"],
    onProgress: (text) => console.log(text),
  });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--config", `${ROOT}deno.json`, "--lock", `${ROOT}deno.lock`, SERVED, TOKEN],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const cwd = await Deno.makeTempDir(); // schemathesis keeps what it found where it runs
  try {
    for (const [name, url] of Object.entries(await addresses(child.stdout))) {
      for (const [title, check] of Object.entries(checksOf(python, name, { url, cwd }))) {
        const said = await check();
        counts[said === undefined ? "passed" : "failed"] += 1;
        console.log(said === undefined ? `pass ${title}` : `fail ${title}\n${said}`);
      }
    }
  } finally {
    await child.stdin.close();
    await child.status;
    await Deno.remove(cwd, { recursive: true });
  }
  return counts;
}

/** Reads the first line of a program's output, and lets it go on. */
async function addresses(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Record<string, string>> {
  const reader = output.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("The functions are not served: the program has ended");
    text += value;
  }
  void reader.cancel();
  return JSON.parse(text.slice(0, text.indexOf("\n"))) as Record<string, string>;
}

if (import.meta.main) {
  const { failed } = await run();
  if (failed > 0) Deno.exitCode = 1;
}
