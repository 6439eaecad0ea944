/** Asks a bundle's code what its function is, and whether it starts: in a process of its own, in a folder of its own. */
import { dirname, join } from "node:path";
import { BundleError } from "../errors.ts";
import { errorFault } from "../graph/fault.ts";
import type { GraphView } from "../plot/view.ts";
import type { Bundle } from "./bundle.ts";

const TIMEOUT_MS = 120_000;
const MARK = "levada-bundle:";
const DESCRIBE = `const { default: fn } = await import("./code.js");
if (typeof fn?.toMockServer !== "function") throw new TypeError("the export is no function of serving()");
console.log("\\n${MARK}" + JSON.stringify({ document: fn, view: fn.plot().view }));
Deno.exit(0);
`;
const PROBE = `const { default: fn } = await import("./code.js");
const server = await fn.toMockServer();
const { status } = await server.test("/v2/health/ready", undefined, { silent: true, method: "GET" });
console.log("\\n${MARK}" + status);
Deno.exit(0);
`;

/** A function as data. */
export interface DescribedFunction {
  readonly document: object;
  /** What is drawn of it. */
  readonly view: GraphView;
}

/** The function as data, as its code makes it. */
export async function describeFunction(act: string, files: Bundle["files"]): Promise<DescribedFunction> {
  return JSON.parse(await runScript(act, files, DESCRIBE)) as DescribedFunction;
}

/**
 * Starts a bundle with everything that its function loads, without ports and streams, and asks whether it is ready.
 *
 * @throws {BundleError} If it does not start, or is not ready; with what it wrote.
 */
export async function probeBundle({ name, files }: Bundle, timeoutMs = TIMEOUT_MS): Promise<void> {
  const act = `start the bundle of "${name}"`;
  const status = await runScript(act, files, PROBE, timeoutMs);
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
  timeoutMs = TIMEOUT_MS,
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "levada-probe-" });
  try {
    for (const [path, bytes] of [...files, ["probe.js", new TextEncoder().encode(script)] as const]) {
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      await Deno.writeFile(join(folder, path), bytes);
    }
    const signal = AbortSignal.timeout(timeoutMs);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--no-prompt", "--quiet", "probe.js"],
      cwd: folder,
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal,
    }).output();
    const said = new TextDecoder().decode(stdout).split("\n").find((line) => line.startsWith(MARK));
    if (code === 0 && said !== undefined) return said.slice(MARK.length);
    const text = new TextDecoder().decode(stderr).replaceAll(`file://${folder}/`, "").trim();
    const ended = signal.aborted
      ? `has not started within ${(timeoutMs / 1_000).toFixed(1)} s`
      : `ended with exit code ${code}`;
    throw new BundleError(act, [errorFault(
      `it ${ended}: ${text || "without a word"}`,
      signal.aborted
        ? "Give it longer, or see what it waits for when it starts"
        : "What is missing there is not in the bundle: give files by name, and declare what steps use in cells",
    )]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
