/** Tensors that a model takes, as JSON Schema: as rows of MLRun's dialect, and as the open inference protocol writes them. */

import type { JsonSchema } from "../../graph/json_schema.ts";
import type { ModelFacts } from "../../graph/served_model.ts";
import { ref } from "./operation.ts";

type Spec = ModelFacts["inputs"][number];

/** What a model is asked, in either dialect. With `isStrict`, it refuses tensors that it does not declare; else it may take them. */
export function inferRequest(
  { inputs, outputs }: ModelFacts,
  { isStrict = true }: { isStrict?: boolean } = {},
): JsonSchema {
  return { anyOf: [rowsRequest(inputs), tensorsRequest(inputs, { outputs, isStrict })] };
}

/** What a model answers, in either dialect. */
export const INFER_REPLY: JsonSchema = { anyOf: [ref("TensorReply"), ref("InferReply")] };

/** MLRun's dialect: a list with one item a row. */
export function rowsRequest(inputs: readonly Spec[]): JsonSchema {
  return {
    type: "object",
    title: "Rows",
    required: ["inputs"],
    properties: {
      id: { description: "Names the request in the reply" },
      inputs: { type: "array", items: rowOf(inputs) },
    },
  };
}

/** Rows as objects by the names of what the model takes. */
export function namedRowsRequest(inputs: readonly Spec[]): JsonSchema {
  const row: JsonSchema = {
    type: "object",
    required: inputs.map(({ name }) => name),
    properties: Object.fromEntries(inputs.map((input) => [input.name, valuesOf(input, 1)])),
  };
  return {
    type: "object",
    title: "Named rows",
    required: ["inputs"],
    properties: { inputs: { anyOf: [row, { type: "array", items: row }] } },
  };
}

function rowOf(inputs: readonly Spec[]): JsonSchema {
  const [first, ...others] = inputs;
  if (first === undefined) return {};
  if (others.length === 0) return valuesOf(first, 1);
  return {
    type: "object",
    required: inputs.map(({ name }) => name),
    properties: Object.fromEntries(inputs.map((input) => [input.name, valuesOf(input, 1)])),
    additionalProperties: false,
  };
}

/** The open inference protocol: tensors by name; lists flat or nested. */
function tensorsRequest(
  inputs: readonly Spec[],
  { outputs, isStrict }: { outputs: readonly Spec[]; isStrict: boolean },
): JsonSchema {
  const known = inputs.length > 0 && isStrict;
  return {
    type: "object",
    title: "Tensors",
    required: ["inputs"],
    properties: {
      id: { type: "string" },
      parameters: { type: "object" },
      inputs: {
        type: "array",
        minItems: known ? inputs.length : 1,
        ...(known ? { maxItems: inputs.length } : {}),
        items: known
          ? { anyOf: inputs.map(tensorOf) }
          : inputs.length === 0
          ? ANY_TENSOR
          : { anyOf: [...inputs.map(tensorOf), ANY_TENSOR] },
      },
      outputs: {
        type: "array",
        items: {
          type: "object",
          required: ["name"],
          properties: {
            name: outputs.length === 0 ? { type: "string" } : { enum: outputs.map(({ name }) => name) },
            parameters: { type: "object" },
          },
        },
      },
    },
  };
}

const ANY_TENSOR: JsonSchema = {
  type: "object",
  required: ["name", "datatype", "shape", "data"],
  properties: {
    name: { type: "string" },
    datatype: {
      enum: [
        "BOOL",
        "UINT8",
        "UINT16",
        "UINT32",
        "UINT64",
        "INT8",
        "INT16",
        "INT32",
        "INT64",
        "FP16",
        "BF16",
        "FP32",
        "FP64",
        "BYTES",
      ],
    },
    shape: { type: "array", items: { type: "integer", minimum: 0 } },
    parameters: { type: "object" },
    data: { type: "array" },
  },
};

function tensorOf(spec: Spec): JsonSchema {
  const { name, datatype, shape } = spec;
  const sizes = shape.map((size) => isFixed(size) ? { const: size } : { type: "integer", minimum: 0 });
  return {
    type: "object",
    required: ["name", "datatype", "shape", "data"],
    properties: {
      name: { const: name },
      datatype: { const: datatype },
      shape: shape.length === 0
        ? { type: "array", items: { type: "integer", minimum: 0 } }
        : { type: "array", prefixItems: sizes, minItems: sizes.length, maxItems: sizes.length },
      parameters: { type: "object" },
      data: shape.length === 0
        ? { type: "array" }
        : { anyOf: [{ type: "array", items: valueOf(datatype) }, valuesOf(spec, 0)] },
    },
  };
}

/** Nested lists of a tensor's values, without its first so many dimensions. */
function valuesOf({ datatype, shape }: Spec, from: number): JsonSchema {
  if (shape.length === 0) return {};
  return shape.slice(from).reduceRight<JsonSchema>(
    (items, size) => ({ type: "array", items, ...(isFixed(size) ? { minItems: size, maxItems: size } : {}) }),
    valueOf(datatype),
  );
}

function isFixed(size: number | string): size is number {
  return typeof size === "number" && size >= 0;
}

/** One value of a datatype. */
function valueOf(datatype: string): JsonSchema {
  const [, isUnsigned, bits] = /^(U?)INT(\d+)$/.exec(datatype) ?? [];
  if (bits !== undefined) {
    if (bits === "64") return { type: "integer", ...(isUnsigned === "U" ? { minimum: 0 } : {}) };
    const size = 2 ** Number(bits);
    return isUnsigned === "U"
      ? { type: "integer", minimum: 0, maximum: size - 1 }
      : { type: "integer", minimum: -size / 2, maximum: size / 2 - 1 };
  }
  if (datatype === "BOOL") return { type: "boolean" };
  if (datatype === "BYTES") return { type: "string" };
  return /^(FP|BF)/.test(datatype) ? { type: "number" } : {};
}
