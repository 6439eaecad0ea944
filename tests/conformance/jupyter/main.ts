/**
 * The kernel against other people's clients: jupyter_client (191 tests), nbclient, `jupyter execute`, nbconvert.
 * `deno run -A tests/conformance/jupyter/main.ts [-k WORD]`
 */

import { installKernel } from "../../../kernel/install.ts";
import { preparePython } from "../../../lib/cli/python.ts";
import { countResults, type Outcome, parseOutcome, type Tally } from "./results.ts";

/** How the suite is run. */
export interface JupyterOptions {
  /** Only tests whose `Class.name` contains this. */
  readonly word?: string;
}

const PACKAGES = [
  "jupyter_client==8.10.0",
  "jupyter_kernel_test==0.7.0",
  "nbclient==0.11.0",
  "nbconvert==7.17.2",
  "nbformat==5.11.1",
  "psutil==7.2.2",
  "pyzmq==27.3.0",
];
const SCRIPTS = ["test_kernel_conformance.py", "test_headless.py"];
const LIMIT_MS = 480_000; // a run takes two minutes; a kernel that hangs in many tests takes longer

/** Runs the suite and prints what failed. */
export async function run({ word = "" }: JupyterOptions = {}): Promise<Tally> {
  const python = await preparePython({ name: "jupyter", packages: PACKAGES, onProgress: (text) => console.log(text) });
  const folder = await Deno.makeTempDir({ prefix: "levada-jupyter-" });
  try {
    await installKernel({ directory: `${folder}/path/kernels` });
    await Deno.mkdir(`${folder}/work`);
    const outcomes: Outcome[] = [];
    for (const script of SCRIPTS) {
      outcomes.push(...await runScript(script, { python: python.program("python"), folder, word }));
    }
    const later = JSON.parse(await Deno.readTextFile(new URL("later.json", import.meta.url))) as Record<string, string>;
    const { lines, tally } = countResults(outcomes, word === "" ? later : ofWord(later, word));
    for (const line of lines) console.log(line);
    return tally;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Place {
  readonly python: string;
  readonly folder: string;
  readonly word: string;
}

/** Runs one script; that it does not end, or ends without its last line, is a failure of its own. */
async function runScript(script: string, { python, folder, word }: Place): Promise<Outcome[]> {
  const path = decodeURIComponent(new URL(script, import.meta.url).pathname);
  const args = [path, ...(word === "" || script !== SCRIPTS[0] ? [] : ["-k", word])];
  const { stdout, stderr, signal } = await new Deno.Command(python, {
    args,
    cwd: `${folder}/work`,
    env: {
      JUPYTER_PATH: `${folder}/path`,
      JUPYTER_RUNTIME_DIR: `${folder}/runtime`,
      JUPYTER_CONFIG_DIR: `${folder}/config`,
      KERNEL_NAME: "levada",
      PYTHONDONTWRITEBYTECODE: "1",
    },
    signal: AbortSignal.timeout(LIMIT_MS),
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  const outcomes = lines.map(parseOutcome).filter((outcome) => outcome !== undefined);
  if (/^\d+ passed, \d+ failed, \d+ skipped$/m.test(lines.join("\n"))) return outcomes;
  const how = signal === null ? "ended" : `was ended after ${LIMIT_MS / 1000} s`;
  const said = new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "";
  return [...outcomes, { name: script, result: "fail", note: `${how} before its last line. ${said}` }];
}

function ofWord(later: Readonly<Record<string, string>>, word: string): Record<string, string> {
  return Object.fromEntries(Object.entries(later).filter(([name]) => name.includes(word)));
}

if (import.meta.main) {
  const [flag, word] = Deno.args;
  if (flag !== undefined && (flag !== "-k" || word === undefined)) {
    console.error("Usage: deno run -A tests/conformance/jupyter/main.ts [-k WORD]");
    Deno.exit(2);
  }
  const { passed, failed, skipped } = await run(word === undefined ? {} : { word });
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 ? 1 : 0);
}
