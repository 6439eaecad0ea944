/** Asks a bundle's code what its function is, and whether it starts: in a process of its own, in a folder of its own. */
import { dirname, join } from "node:path";
import { BundleError, type Fault } from "../errors.ts";
import { errorFault } from "../graph/fault.ts";
import type { GraphView } from "../plot/view.ts";
import type { Bundle } from "./bundle.ts";
import type { DescribedUnits } from "./described_units.ts";
import { type ApartOptions, runApart } from "./run_apart.ts";
import { temporaryFolder } from "./temporary_folder.ts";

const TIMEOUT_MS = 120_000;
const MARK = "levada-bundle:";
const LOADED = "levada-loaded";
const FAULTS = "levada-faults:";
const DESCRIBE = asking(
  `if (typeof fn?.toMockServer !== "function") throw new TypeError("the export is no function of serving()");
const { describeUnits } = await import("./levada/lib/functions/describe_units.js");
tell(JSON.stringify({ document: fn, view: fn.plot().view, units: describeUnits(fn) }));
`,
);
const PROBE = asking(`const server = await fn.toMockServer();
const { status } = await server.test("/v2/health/ready", undefined, { silent: true, method: "GET" });
tell(status);
`);

/** Has the function of a bundle asked; what is wrong with its graph is told with its cures, and without a stack. */
function asking(questions: string): string {
  return `const { default: fn } = await import("./code.js");
console.log("\\n${LOADED}");
function tell(text) { console.log("\\n${MARK}" + text); Deno.exit(0); }
try {
${questions}} catch (error) {
  if (error?.name !== "GraphError" || !Array.isArray(error.faults)) throw error;
  console.log("\\n${FAULTS}" + JSON.stringify(error.faults));
  Deno.exit(1);
}
`;
}

/** A function as data. */
export interface DescribedFunction {
  readonly document: object;
  /** What is drawn of it. */
  readonly view: GraphView;
  readonly units: DescribedUnits;
}

/** The function as data, as its code makes it. */
export async function describeFunction(
  act: string,
  files: Bundle["files"],
  options: ApartOptions = {},
): Promise<DescribedFunction> {
  return JSON.parse(await runScript(act, files, DESCRIBE, options)) as DescribedFunction;
}

/**
 * Starts a bundle with everything that its function loads, without ports and streams, and asks whether it is ready.
 *
 * @throws {BundleError} If it does not start, or is not ready; with what it wrote.
 */
export async function probeBundle({ name, files }: Bundle, options: ApartOptions = {}): Promise<void> {
  const act = `start the bundle of "${name}"`;
  const status = await runScript(act, files, PROBE, options);
  if (status === "200") return;
  throw new BundleError(act, [
    errorFault(
      `it answers ${status} when it is asked whether it is ready`,
      "See what its models say: fn.toMockServer()",
    ),
  ]);
}

/** Runs a script beside the files of a bundle; gives what it hands to `tell`. */
export async function runInBundle(act: string, files: Bundle["files"], script: string): Promise<string> {
  return await runScript(
    act,
    files,
    `function tell(text) { console.log("\\n${MARK}" + text); Deno.exit(0); }\n${script}`,
  );
}

/** Runs a script beside the files of a bundle; gives what it says. */
async function runScript(
  act: string,
  files: Bundle["files"],
  script: string,
  { timeoutMs = TIMEOUT_MS, signal }: ApartOptions = {},
): Promise<string> {
  await using folder = await temporaryFolder("probe");
  for (const [path, bytes] of files) {
    await Deno.mkdir(dirname(join(folder.path, path)), { recursive: true });
    await Deno.writeFile(join(folder.path, path), bytes);
  }
  const { code, out, err, isLate } = await runApart(script, { folder: folder.path, timeoutMs, signal });
  const lines = out.split("\n");
  const said = lines.find((line) => line.startsWith(MARK));
  if (code === 0 && said !== undefined) return said.slice(MARK.length);
  const faults = lines.find((line) => line.startsWith(FAULTS));
  if (faults !== undefined) throw new BundleError(act, JSON.parse(faults.slice(FAULTS.length)) as Fault[]);
  const text = err.replaceAll(`file://${folder.path}/`, "").trim();
  if (!isLate) {
    const cure = "What is missing there is not in the bundle: give files by name, and declare what steps use in cells";
    throw new BundleError(act, [errorFault(`it ended with exit code ${code}: ${text || "without a word"}`, cure)]);
  }
  const what = lines.includes(LOADED) ? "its function has not started" : "its code is not loaded";
  const cure = lines.includes(LOADED)
    ? "Give it longer, or see what its steps and models wait for when they start"
    : "Give it longer, or see what stands at its top level: there it waits, or goes round and round";
  const wrote = text === "" ? "" : `: ${text}`;
  throw new BundleError(act, [errorFault(`${what} after ${(timeoutMs / 1_000).toFixed(1)} s${wrote}`, cure)]);
}
