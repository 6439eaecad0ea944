import { StatusError } from "../errors.ts";
import { isObject } from "../protocol/request_body.ts";
import type { TensorSpec } from "../tensor/tensor_spec.ts";
import type { ModelSpec } from "./model_spec.ts";

/** What a model is asked by names. */
export interface NamedRequest {
  /** The model's key, for errors. */
  readonly key: string;
  /** `infer_dict` or `predict_dict`, for errors. */
  readonly operation: string;
  /** What the model takes, in its order. */
  readonly inputs: readonly Pick<TensorSpec, "name">[];
  /** What the model's description says: the features that it takes count where nobody else declares inputs. */
  readonly spec?: ModelSpec;
}

/**
 * Makes the rows of `infer_dict`, objects with a value for each input of the model, lists in the model's own order. One object is one
 * row. Of a model with one input that takes several values (`[-1, 4]`), that list is the row.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { rowsInOrder } from "./infer_dict.ts";
 *
 * const model = { key: "m", operation: "infer_dict", inputs: [{ name: "age" }, { name: "vip" }] };
 * deepStrictEqual(rowsInOrder({ inputs: [{ vip: 1, age: 33, other: 0 }] }, model), { inputs: [[33, 1]] });
 * ```
 *
 * @throws {StatusError} 400 if nobody declared what the model takes, `inputs` are no objects, or an object lacks one of them.
 */
export function rowsInOrder(body: unknown, request: NamedRequest): Record<string, unknown> {
  const { key, operation, spec } = request;
  const inputs = request.inputs.length > 0 ? request.inputs : featuresOf(spec);
  const refuse = (why: string) => new StatusError(400, `Cannot do ${operation} of model "${key}": ${why}`);
  if (inputs.length === 0) {
    throw refuse(
      `nobody declared its inputs, so their order is not known; send lists to infer, or give the model's class or arguments "inputs"`,
    );
  }
  const names = inputs.map(({ name }) => name);
  const given = isObject(body) && Object.hasOwn(body, "inputs") ? body.inputs : undefined;
  const rows = Array.isArray(given) ? given : [given];
  return {
    ...body as Record<string, unknown>,
    inputs: rows.map((row: unknown, index) => {
      const place = Array.isArray(given) ? `inputs[${index}]` : `"inputs"`;
      if (!isObject(row)) throw refuse(`${place} is no object with ${names.join(", ")}`);
      const missing = names.filter((name) => !Object.hasOwn(row, name));
      if (missing.length > 0) throw refuse(`${place} lacks ${missing.join(", ")}`);
      const values = names.map((name) => row[name]);
      return values.length === 1 && Array.isArray(values[0]) ? values[0] : values;
    }),
  };
}

function featuresOf(spec: ModelSpec | undefined): Pick<TensorSpec, "name">[] {
  return (spec?.inputs ?? []).flatMap((input) =>
    isObject(input) && typeof input.name === "string" ? [{ name: input.name }] : []
  );
}
