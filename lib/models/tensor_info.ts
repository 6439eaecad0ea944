import type { TensorInfo } from "../protocol/reply.ts";
import type { TensorSpec } from "../tensor/tensor_spec.ts";

/** A declared tensor as metadata tells it: a dimension with a name is a free one. */
export function tensorInfo({ name, datatype, shape }: TensorSpec): TensorInfo {
  return { name, datatype, shape: shape.map((size) => typeof size === "number" ? size : -1) };
}
