/** What a model takes, given to the runtime. */

import { ShapeError } from "../../errors.ts";
import type { TensorInfo } from "../../protocol/reply.ts";
import type { Datatype } from "../../tensor/datatype.ts";
import { decodeHalves } from "../../tensor/half.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { joinData } from "../batching/batch_tensors.ts";
import type { InputForm } from "./onnx_rewrite.ts";
import type { RuntimeTensor } from "./onnx_runtime.ts";
import { toRuntime } from "./onnx_tensor.ts";

/**
 * Puts tensors to the inputs that they are for: one for each; for a sequence any number, named `name[0]`, `name[1]` and so on.
 *
 * @throws {ShapeError} If one is missing, twice there, or for no input.
 */
export function tensorsByInput(
  tensors: readonly Tensor[],
  forms: ReadonlyMap<string, InputForm>,
): Map<string, readonly Tensor[]> {
  let rest = tensors.length;
  const found = new Map<string, readonly Tensor[]>();
  for (const [name, { kind }] of forms) {
    const own = kind === "sequence" ? elementsOf(name, tensors) : tensors.filter((tensor) => tensor.name === name);
    if (kind !== "sequence" && own.length !== 1) throw wrongNames(tensors, forms);
    found.set(name, own);
    rest -= own.length;
  }
  if (rest > 0) throw wrongNames(tensors, forms);
  return found;
}

function elementsOf(name: string, tensors: readonly Tensor[]): Tensor[] {
  const named = new Map(tensors.map((tensor) => [tensor.name, tensor])); // a request may bring very many
  const elements: Tensor[] = [];
  for (;;) {
    const element = named.get(`${name}[${elements.length}]`);
    if (element === undefined) return elements;
    elements.push(element);
  }
}

function wrongNames(tensors: readonly Tensor[], forms: ReadonlyMap<string, InputForm>): ShapeError {
  const taken = [...forms].map(([name, { kind }]) => kind === "sequence" ? `${name}[0], ${name}[1], …` : name);
  const given = tensors.map(({ name }) => name).join(", ") || "nothing";
  return new ShapeError(`Cannot run the model on ${given}: it takes ${taken.join(", ") || "nothing"}`);
}

/** What the runtime is given for an input. */
export function feedsOf(
  form: InputForm,
  tensors: readonly Tensor[],
  { name: input, datatype }: TensorInfo,
): Record<string, RuntimeTensor> {
  const [first] = tensors;
  switch (form.kind) {
    case "tensor":
      return { [form.to]: toRuntime(first!) };
    case "BF16": {
      const { name, shape, data } = first!;
      const wide = decodeHalves("BF16", data as Uint16Array);
      return { [form.to]: toRuntime(new Tensor(name, { datatype: "FP32", shape, data: wide })) };
    }
    case "sequence": {
      const [values, sizes, places] = form.to;
      const empty = Tensor.from(input, [], datatype as Datatype);
      const data = joinData([empty.data, ...tensors.map((tensor) => tensor.data)]);
      const row = new Tensor(input, { datatype: empty.datatype, shape: [data.length], data });
      return {
        [values]: toRuntime(row),
        [sizes]: integers(tensors.flatMap(({ shape }) => shape)),
        [places]: placesOf(tensors),
      };
    }
  }
}

/** From and to among the values, from and to among the sizes, for each element. */
function placesOf(tensors: readonly Tensor[]): RuntimeTensor {
  let [value, size] = [0, 0];
  const places = tensors.flatMap(({ shape, data }) => [value, value += data.length, size, size += shape.length]);
  return { ...integers(places), dims: [tensors.length, 4] };
}

function integers(values: readonly number[]): RuntimeTensor {
  return { type: "int64", dims: [values.length], data: BigInt64Array.from(values, BigInt), location: "cpu" };
}
