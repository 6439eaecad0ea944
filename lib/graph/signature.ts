import { isTensorSpec, type TensorSpec } from "../tensor/tensor_spec.ts";
import type { Code } from "./operator.ts";

/** The tensors that a step takes and gives; what is left out is not known. */
export interface StepSignature {
  /** What it takes. */
  readonly inputs?: readonly TensorSpec[];
  /** What it gives. */
  readonly outputs?: readonly TensorSpec[];
  /** The route that this is the signature of. */
  readonly route?: string;
}

/**
 * What a class declares of its tensors: `inputs` and `outputs` among its arguments, else as static fields. It reads data and calls
 * nothing. What has another form declares nothing: a class may use the names for something else.
 */
export function declaredSignature(code: Code, args: Readonly<Record<string, unknown>>): StepSignature {
  const inputs = specsOf(code, args, "inputs");
  const outputs = specsOf(code, args, "outputs");
  return { ...(inputs === undefined ? {} : { inputs }), ...(outputs === undefined ? {} : { outputs }) };
}

function specsOf(code: Code, args: Readonly<Record<string, unknown>>, field: "inputs" | "outputs") {
  const value = args[field] ?? dataField(code, field);
  return Array.isArray(value) && value.length > 0 && value.every(isTensorSpec) ? value as TensorSpec[] : undefined;
}

/** A static field, inherited ones too, without running a getter. */
function dataField(code: Code, field: string): unknown {
  for (let holder: object | null = code; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const found = Object.getOwnPropertyDescriptor(holder, field);
    if (found !== undefined) return found.value;
  }
  return undefined;
}
