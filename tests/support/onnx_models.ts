/** The small models beside this file, and what other programs answer to them; `onnx/make_models.py` makes both. */

import { openOnnx } from "../../lib/models/onnx/onnx_open.ts";

const FOLDER = new URL("./onnx/", import.meta.url);

/** What the model's maker recorded. */
export const EXPECTED = JSON.parse(Deno.readTextFileSync(new URL("expected.json", FOLDER))) as {
  readonly mlp: { readonly x: number[][]; readonly p: number[][] };
  readonly zip_numbers: Recorded<number[], number>;
  readonly zip_texts: Recorded<number[], string>;
  readonly columns: Recorded<Record<string, unknown>, string> & { readonly classes: string[] };
};

interface Recorded<Row, Label> {
  readonly rows: Row[];
  readonly labels: Label[];
  readonly probabilities: number[][];
}

/** The path of a model's file. */
export function onnxFile(name: string): string {
  return new URL(`${name}.onnx`, FOLDER).pathname;
}

/** The largest difference between two lists of lists of numbers. */
export function largestDifference(
  given: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
): number {
  return Math.max(
    ...expected.flatMap((row, at) => row.map((value, column) => Math.abs(value - (given[at]?.[column] ?? NaN)))),
  );
}

/** Starts the WebAssembly runtime, which keeps a message port for the program's whole life: no test's leak. */
export async function startWasm(): Promise<void> {
  await using _model = await openOnnx(onnxFile("mean"), { backend: "wasm" });
}
