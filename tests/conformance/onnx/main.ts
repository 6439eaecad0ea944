/**
 * ONNX on native, WebAssembly and WebGPU: ONNX's own tests, models that nobody here trained, and our neural model, with Python's
 * onnxruntime as the witness.
 */

import { preparePython } from "../../../lib/cli/python.ts";
import { EXPECTED, onnxFile } from "../../support/onnx_models.ts";
import { askChangedModels } from "./changed_bytes.ts";
import { askByClients } from "./clients.ts";
import { type Counts, judgeCases } from "./judge_cases.ts";
import { command, fetchPackage, onnxCache } from "./packages.ts";
import type { RecordedCase } from "./recorded_case.ts";
import { STRANGERS } from "./strangers.ts";
import { startWebGpu } from "./webgpu.ts";

const WITNESS = new URL("witness.py", import.meta.url).pathname;
const PACKAGES = [
  "numpy==2.4.6",
  "onnx==1.20.0",
  "onnxruntime==1.30.0",
  "tritonclient[http]==2.73.0",
  "ml-dtypes==0.5.4",
];

function read(file: string): RecordedCase[] {
  return Deno.readTextFileSync(file).trim().split("\n").map((line) => JSON.parse(line) as RecordedCase);
}

/** What Python's runtime answered to the strangers' models; those that WebGPU is asked as well. */
async function askStrangers(python: string): Promise<{ cases: RecordedCase[]; small: RecordedCase[] }> {
  const file = `${onnxCache()}/strangers.jsonl`;
  await Deno.writeTextFile(file, "");
  for (const { package: from, file: path, asked } of STRANGERS) {
    await command(python, [WITNESS, "ask", file, `${await fetchPackage(from, python)}/${path}`, ...asked]);
  }
  const cases = read(file);
  return { cases, small: cases.filter((_, index) => STRANGERS[index]!.isSmall === true) };
}

/** The neural model of the unit tests: the same expected answers on every backend. */
function neural(): RecordedCase[] {
  const { x, p } = EXPECTED.mlp;
  const raw = (rows: number[][]) => {
    const bytes = new Uint8Array(new Float32Array(rows.flat()).buffer);
    return btoa(String.fromCharCode(...bytes));
  };
  const value = (name: string, rows: number[][]) =>
    ({ name, datatype: "FP32", shape: [rows.length, rows[0]!.length], raw: raw(rows) }) as const;
  return ["mlp", "outside"].map((name) => ({
    name,
    model: onnxFile(name),
    inputs: [value("x", x)],
    outputs: [value("p", p)],
    python: "pass",
  }));
}

/** Runs the suite and prints each result. */
export async function run(): Promise<Counts> {
  const environment = await preparePython({ name: "onnx/venv", packages: PACKAGES, onProgress: console.log });
  const python = environment.program("python");
  await command(python, [WITNESS, "own", `${onnxCache()}/own.jsonl`]);
  const own = read(`${onnxCache()}/own.jsonl`);
  const { cases, small } = await askStrangers(python);
  const counts: Counts[] = [];
  for (const backend of ["native", "wasm"] as const) {
    counts.push(await judgeCases("our neural model", neural(), { backend }));
    counts.push(await judgeCases("models of others", cases, { backend }));
    counts.push(await judgeCases("ONNX's own tests", own, { backend }));
    counts.push(await askChangedModels(backend));
  }
  counts.push(await askByClients(python));
  const gpu = await startWebGpu();
  if (typeof gpu === "string") {
    console.log(`skip webgpu: ${gpu}`);
    counts.push({ passed: 0, failed: 0, skipped: 1 });
  } else {
    await using program = gpu;
    console.log(`webgpu runs on ${program.adapter}`);
    const options = { backend: "webgpu", run: (recorded: RecordedCase) => program.run(recorded) } as const;
    counts.push(await judgeCases("our neural model", neural(), options));
    counts.push(await judgeCases("models of others", small, options));
    counts.push(await judgeCases("ONNX's own tests", own, options));
  }
  return counts.reduce((sum, { passed, failed, skipped }) => ({
    passed: sum.passed + passed,
    failed: sum.failed + failed,
    skipped: sum.skipped + skipped,
  }));
}

if (import.meta.main) {
  const { passed, failed, skipped } = await run();
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 ? 1 : 0);
}
