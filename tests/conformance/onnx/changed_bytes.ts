/** Models of which one byte is another: each is refused in our words, or runs; the program lives on. */

import { ModelError, ShapeError } from "../../../lib/errors.ts";
import { openOnnx } from "../../../lib/models/onnx/onnx_open.ts";
import type { OnnxBackend } from "../../../lib/models/onnx/onnx_runtime.ts";
import { warmUpTensors } from "../../../lib/models/warm_up.ts";
import { onnxFile } from "../../support/onnx_models.ts";
import type { Counts } from "./judge_cases.ts";

const MODELS = ["zip_texts", "mlp", "pieces", "echo"];
const MASKS = [0x01, 0x80, 0xff, 0x10];
const LARGEST = 1_000_000; // values: a changed size may say that an input is huge

/** Changes every byte, opens and asks; prints what ended otherwise than it may. */
export async function askChangedModels(backend: OnnxBackend): Promise<Counts> {
  const folder = await Deno.makeTempDir();
  let [passed, failed] = [0, 0];
  for (const name of MODELS) {
    const bytes = await Deno.readFile(onnxFile(name));
    const counts = { run: 0, refused: 0 };
    const wrong: string[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = changed[at]! ^ MASKS[at % MASKS.length]!;
      const file = `${folder}/changed.onnx`;
      await Deno.writeFile(file, changed);
      const error = await ask(file, backend);
      counts[error === undefined ? "run" : "refused"] += 1;
      if (error !== undefined && !isOurs(error)) wrong.push(`byte ${at}: ${error}`);
    }
    const told = `${name} with a byte changed on ${backend}: ${counts.run} run, ${counts.refused} refused`;
    console.log(
      wrong.length === 0 ? `pass ${told}` : `fail ${told}, not as they should: ${wrong.slice(0, 3).join("; ")}`,
    );
    if (wrong.length === 0) passed += 1;
    else failed += 1;
  }
  await Deno.remove(folder, { recursive: true });
  return { passed, failed, skipped: 0 };
}

/** What it fails with; undefined where it answers. */
async function ask(file: string, backend: OnnxBackend): Promise<unknown> {
  try {
    await using model = await openOnnx(file, { backend });
    const values = model.inputs.map(({ shape }) => shape.reduce((product, size) => product * Math.max(1, size), 1));
    if (Math.max(...values) < LARGEST) await model.runTensors(warmUpTensors(true, model.inputs, model.sequences)!);
    return undefined;
  } catch (error) {
    return error;
  }
}

function isOurs(error: unknown): boolean {
  return error instanceof ModelError || error instanceof ShapeError || error instanceof TypeError;
}
