/** A model, what it is asked, and what another program answered. */

import { Buffer } from "node:buffer";
import { openOnnx } from "../../../lib/models/onnx/onnx_open.ts";
import type { OnnxBackend } from "../../../lib/models/onnx/onnx_runtime.ts";
import { type Datatype, type TensorData, VALUE_BYTES } from "../../../lib/tensor/datatype.ts";
import { decodeHalves } from "../../../lib/tensor/half.ts";
import { Tensor } from "../../../lib/tensor/tensor.ts";

/** A value as `witness.py` writes it. */
export interface RecordedValue {
  readonly name: string;
  readonly datatype?: Datatype;
  readonly shape?: readonly number[];
  /** Little-endian, base64. */
  readonly raw?: string;
  readonly text?: readonly string[];
  readonly sequence?: readonly RecordedValue[];
}

/** One line of what `witness.py` writes. */
export interface RecordedCase {
  readonly name: string;
  readonly model: string;
  readonly inputs?: readonly RecordedValue[];
  readonly outputs?: readonly RecordedValue[];
  /** `pass`, or why Python's runtime does not answer what the case expects. */
  readonly python?: string;
  /** Why the case is none of ours: a value that the open inference protocol has no datatype for. */
  readonly foreign?: string;
}

/** How a case ended: nothing is said where it passed. */
export interface Outcome {
  readonly kind: "passed" | "failed" | "differs";
  readonly why: string;
}

const ARRAYS = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  BF16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;
const RELATIVE = 1e-3; // as ONNX's own runner allows
const ABSOLUTE = 1e-5;

/** Asks a backend, and compares. */
export async function runCase(recorded: RecordedCase, backend: OnnxBackend): Promise<Outcome> {
  try {
    await using model = await openOnnx(recorded.model, { backend });
    const given = await model.runTensors((recorded.inputs ?? []).flatMap(tensorsOf));
    const expected = (recorded.outputs ?? []).flatMap(tensorsOf);
    const difference = compare(given, expected);
    return difference === undefined ? { kind: "passed", why: "" } : { kind: "differs", why: difference };
  } catch (error) {
    return { kind: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}

/** A sequence as its elements, `name[0]`, `name[1]`. */
function tensorsOf(value: RecordedValue): Tensor[] {
  const { name, sequence } = value;
  return sequence?.map((element, index) => tensorOf(element, `${name}[${index}]`)) ?? [tensorOf(value)];
}

function tensorOf({ name, datatype, shape, raw, text }: RecordedValue, as = name): Tensor {
  const data = text ?? bytesAs(datatype as Exclude<Datatype, "BYTES">, raw!);
  return new Tensor(as, { datatype: datatype!, shape: shape!, data });
}

function bytesAs(datatype: Exclude<Datatype, "BYTES">, raw: string): TensorData {
  const bytes = Uint8Array.from(Buffer.from(raw, "base64"));
  return new ARRAYS[datatype](bytes.buffer, bytes.byteOffset, bytes.length / VALUE_BYTES[datatype]);
}

/** What is different; undefined where nothing is. */
function compare(given: readonly Tensor[], expected: readonly Tensor[]): string | undefined {
  const headOf = (tensors: readonly Tensor[]) =>
    tensors.map(({ name, datatype, shape }) => `${name} ${datatype}[${shape}]`).join(", ");
  if (headOf(given) !== headOf(expected)) return `gives ${headOf(given)}, expected ${headOf(expected)}`;
  for (const [index, tensor] of given.entries()) {
    const [mine, theirs] = [numbersOf(tensor), numbersOf(expected[index]!)];
    const at = mine.findIndex((value, place) => !isSame(value, theirs[place]));
    if (at >= 0) return `${tensor.name}: value ${at} is ${mine[at]}, expected ${theirs[at]}`;
  }
  return undefined;
}

function numbersOf({ datatype, data }: Tensor): unknown[] {
  if (datatype === "FP16" || datatype === "BF16") return Array.from(decodeHalves(datatype, data as Uint16Array));
  return Array.from(data as ArrayLike<unknown>);
}

function isSame(mine: unknown, theirs: unknown): boolean {
  if (typeof mine !== "number" || typeof theirs !== "number") return mine === theirs;
  return Object.is(mine, theirs) || mine === theirs ||
    Math.abs(mine - theirs) <= ABSOLUTE + RELATIVE * Math.abs(theirs);
}
