/**
 * The open inference protocol over HTTP, judged by tritonclient, kserve's client and requests written from the specification: each
 * case is asked of `levada serve` and of MLServer with the same models, and the two answers are shown side by side.
 */

import { cacheFolder, preparePython } from "../../../lib/cli/python.ts";
import { startServe } from "../../support/serve_process.ts";
import type { Counts } from "../main.ts";
import { startMlServer } from "./mlserver.ts";

const HERE = new URL("./", import.meta.url).pathname;
const CLIENTS = ["tritonclient[http]==2.73.0", "kserve==0.21.0", "ml-dtypes==0.5.4"];
const MLSERVER = ["mlserver==1.7.1", "onnxruntime==1.23.2"];
const SCRIPTS = ["triton_cases.py", "kserve_cases.py", "raw_cases.py", "ensemble_cases.py"];

/** One case, as a script told it. */
interface Row {
  readonly name: string;
  readonly ours: string;
  readonly theirs: string;
  /** Why the two differ; empty where they are the same. */
  readonly why: string;
  /** What is wrong; empty where the case passed. */
  readonly wrong: string;
}

/** Runs the suite and prints both answers to each case. */
export async function run(): Promise<Counts> {
  const onProgress = (text: string) => console.log(text);
  const clients = await preparePython({ name: "oip/clients", packages: CLIENTS, onProgress });
  const theirs = await preparePython({ name: "oip/server", packages: MLSERVER, onProgress });
  const rows: Row[] = [];
  await using models = startServe([`${HERE}served.ts`, "--export", "default"]);
  await using ensemble = startServe([`${HERE}served.ts`, "--export", "ensemble"]);
  await using mlserver = await startMlServer(theirs.program("mlserver"), `${cacheFolder()}/oip/mlserver-models`);
  for (const script of SCRIPTS) {
    const { code, stdout, stderr } = await new Deno.Command(clients.program("python"), {
      args: [`${HERE}${script}`, await models.url, mlserver.url, await ensemble.url],
      signal: AbortSignal.timeout(300_000),
    }).output();
    const told = new TextDecoder().decode(stdout).split("\n").filter((line) => line.startsWith('{"name"'));
    for (const line of told) rows.push(JSON.parse(line));
    if (code === 0 && told.length > 0) continue;
    const wrong = `ended with ${code}: ${new TextDecoder().decode(stderr).trim().slice(-1_000)}`;
    rows.push({ name: script, ours: "", theirs: "", why: "", wrong });
  }
  console.log(tableOf(rows));
  const failed = rows.filter(({ wrong }) => wrong !== "").length;
  const same = rows.filter(({ why, wrong }) => why === "" && wrong === "").length;
  console.log(
    `${same} answered as MLServer does, ${rows.length - same - failed} otherwise, each for the reason beside it`,
  );
  return { passed: rows.length - failed, failed, skipped: 0 };
}

function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ name, ours, theirs, why, wrong }) => [
    wrong === "" ? "ok" : "FAIL",
    name,
    ours,
    theirs,
    wrong !== "" ? wrong : why === "" ? "same" : why,
  ]);
  return [["", "case", "Levada", "MLServer", "same, or why not"], ["-", "-", "-", "-", "-"], ...cells]
    .map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`).join("\n");
}

if (import.meta.main) {
  const { passed, failed, skipped } = await run();
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 ? 1 : 0);
}
