/** The first three notebooks as bundles: each is asked the same in its kernel, and out of it, where only the bundle is. */

import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startKernel } from "../../../kernel/client/client.ts";
import { readNotebook } from "../../../kernel/client/notebook_file.ts";
import { runNotebook } from "../../../kernel/client/run.ts";
import { startServe } from "../../support/serve_process.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

/** What the suite counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What is asked of the function of a notebook. */
interface Case {
  readonly notebook: string;
  /** The name of the function. */
  readonly fn: string;
  readonly asks: readonly (readonly [path: string, body: unknown])[];
  /** Lines that it prints, rather than what it answers. */
  readonly prints?: RegExp;
}

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FOLDER = join(ROOT, "notebooks");
const MARK = "levada-bundles:";
const IDS = /"(id|timestamp)":"[^"]*"/g; // another one for each request

/** Makes the bundles, asks, and prints each result. */
export async function run(): Promise<Counts> {
  const { rows } = JSON.parse(await Deno.readTextFile(join(FOLDER, "data/iris.json"))) as { rows: number[][] };
  await using articles = serveArticles();
  const cases: readonly Case[] = [
    {
      notebook: "01_router.ipynb",
      fn: "fn",
      asks: [["/v2/models/model1/infer", { inputs: rows }], ["/v2/models/model3/infer", { inputs: rows }]],
    },
    { notebook: "01_router.ipynb", fn: "own", asks: [["/v2/models/forest/scores", { inputs: rows }]] },
    {
      notebook: "02_ensemble.ipynb",
      fn: "fn",
      asks: [["/v2/models/infer", { inputs: rows }], ["/v2/models/infer", { inputs: [[5100, 1, 1, 1]] }]],
    },
    {
      notebook: "03_streaming_nlp.ipynb",
      fn: "fn",
      asks: ["water", "builders", "keepers"].map((name) => ["/", { url: `${articles.url}/${name}` }] as const),
      prints: /^\w+\[\d+\] .*$/gm,
    },
  ];
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const one of cases) {
    const fault = await faultOf(one).catch((error) => String(error instanceof Error ? error.stack : error));
    console.log(`${fault === undefined ? "pass" : "fail"} ${one.notebook}, ${one.fn}${fault ? `\n${fault}` : ""}`);
    counts[fault === undefined ? "passed" : "failed"] += 1;
  }
  return counts;
}

async function faultOf(one: Case): Promise<string | undefined> {
  const inside = await askInside(one);
  const outside = await askOutside(one, inside.length);
  deepStrictEqual(outside, inside);
  return inside.length === 0 ? "it says nothing" : undefined;
}

/** What the notebook answers, asked by one cell more. */
async function askInside({ notebook, fn, asks, prints }: Case): Promise<string[]> {
  const read = await readNotebook(join(FOLDER, notebook));
  const source = `{
  await using asked = await ${fn}.toMockServer();
  for (const [path, body] of ${JSON.stringify(asks)}) {
    const reply = await asked.test(path, body, { silent: true });
    console.log("${MARK}" + await reply.text());
  }
  await asked.waitForCompletion();
}`;
  const cell = { cell_type: "code" as const, id: "asks", source, metadata: {}, outputs: [], execution_count: null };
  read.cells.push(cell);
  const kernel = await startKernel({ cwd: FOLDER });
  try {
    const [failure] = await runNotebook(read, kernel);
    if (failure !== undefined) throw new Error(failure.error.traceback.join("\n"));
  } finally {
    await kernel.shutdown();
  }
  const outputs = cell.outputs as readonly { readonly text?: string | readonly string[] }[];
  const text = outputs.map((output) => [output.text ?? []].flat().join("")).join("");
  if (prints !== undefined) return [...text.matchAll(prints)].map(([line]) => line).sort();
  return text.split("\n").filter((line) => line.startsWith(MARK)).map((line) => plain(line.slice(MARK.length)));
}

/** What the bundle answers, served from its folder; or prints, so many lines. */
async function askOutside({ notebook, fn, asks, prints }: Case, lines: number): Promise<string[]> {
  await using folder = await temporaryFolder();
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      join(ROOT, "lib/cli/main.ts"),
      "bundle",
      join(FOLDER, notebook),
      "--export",
      fn,
      "-o",
      folder.path,
    ],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  await using server = startServe([folder.path]);
  const headers = { "content-type": "application/json" };
  const replies: string[] = [];
  for (const [path, body] of asks) {
    const response = await fetch(new URL(path, await server.url), {
      method: "POST",
      body: JSON.stringify(body),
      headers,
    });
    replies.push(plain(await response.text()));
  }
  if (prints === undefined) return replies;
  await server.wrote(new RegExp(`(?:${prints.source}\\n){${lines}}`, "m"));
  return [...server.out().matchAll(prints)].map(([line]) => line).sort();
}

function plain(reply: string): string {
  return reply.replaceAll(IDS, '"$1":…');
}

/** The articles of the third notebook. */
function serveArticles(): AsyncDisposable & { readonly url: string } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const name = new URL(request.url).pathname.replaceAll(/[^a-z]/g, "");
    const text = await Deno.readTextFile(join(FOLDER, `data/articles/${name}.json`));
    return new Response(text, { headers: { "content-type": "application/json" } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

if (import.meta.main) {
  const { passed, failed, skipped } = await run();
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 ? 1 : 0);
}
