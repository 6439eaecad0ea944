/** Counts what became of cases on a backend, and tells what is not as it should be. */

import type { OnnxBackend } from "../../../lib/models/onnx/onnx_runtime.ts";
import { type Outcome, type RecordedCase, runCase } from "./recorded_case.ts";

/** What a suite counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What is known not to work, by backend, each with the words by which it is told. */
const LACKS: Readonly<Record<OnnxBackend, readonly (readonly [what: string, words: RegExp])[]>> = {
  native: [],
  wasm: [["refused by the shape inference of this build", /\[(Shape|Type)InferenceError/]],
  webgpu: [
    ["classical operators", /are of ai\.onnx\.ml, which the WebGPU runtime lacks/],
    ["refused by this runtime when it loads the model", /Can't create a session\. ERROR_CODE/],
    ["refused by this runtime when it runs the model", /failed to call OrtRun\(\)\. ERROR_CODE/],
  ],
};
const ANYWHERE = [["models that take sequences, of an old version", /it takes ".*", a sequence of/]] as const;

/** Answers of WebGPU that are rounded another way than the witness': in the last places of 16 bits. */
const ROUNDED = new Set([
  "node/test_attention_4d_fp16_expanded",
  "node/test_attention_4d_gqa_with_past_and_present_fp16_expanded",
]);

/** Runs cases on a backend; what it says of each is `run`'s, which may be another program. */
export async function judgeCases(
  title: string,
  cases: readonly RecordedCase[],
  { backend, run = runCase }: {
    readonly backend: OnnxBackend;
    readonly run?: (recorded: RecordedCase, backend: OnnxBackend) => Promise<Outcome>;
  },
): Promise<Counts> {
  let [passed, failed] = [0, 0];
  const skipped = new Map<string, number>();
  const skip = (why: string) => skipped.set(why, (skipped.get(why) ?? 0) + 1);
  for (const recorded of cases) {
    if (recorded.foreign !== undefined) {
      skip("values that the open inference protocol has no datatype for");
      continue;
    }
    const { kind, why } = await run(recorded, backend);
    const known = [...ANYWHERE, ...LACKS[backend]].find(([, words]) => kind === "failed" && words.test(why));
    if (kind === "passed") passed += 1;
    else if (recorded.python !== "pass") skip("what Python's runtime does not answer as expected either");
    else if (known !== undefined) skip(known[0]);
    else if (backend === "webgpu" && kind === "differs" && ROUNDED.has(recorded.name)) skip("rounding of 16 bits");
    else {
      failed += 1;
      console.log(`fail ${title} on ${backend}: ${recorded.name} ${kind}: ${why.slice(0, 300)}`);
    }
  }
  console.log(`${failed === 0 ? "pass" : "fail"} ${title} on ${backend}: ${passed} passed, ${failed} failed`);
  for (const [why, count] of skipped) console.log(`skip ${title} on ${backend}: ${count} (${why})`);
  return { passed, failed, skipped: [...skipped.values()].reduce((sum, count) => sum + count, 0) };
}
