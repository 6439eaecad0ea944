/** What a model gives, made of the tensors that the runtime gives. */

import { encodeHalves } from "../tensor/half.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { OutputForm } from "./onnx_rewrite.ts";
import type { RuntimeTensor } from "./onnx_runtime.ts";
import { fromRuntime } from "./onnx_tensor.ts";

/** What the runtime gave, by its names. */
export type Given = Readonly<Record<string, RuntimeTensor>>;

/** What the runtime is asked for to make an output. */
export function neededFor(form: OutputForm): readonly string[] {
  return typeof form.from === "string" ? [form.from] : form.from;
}

/**
 * An output as tensors: one; of a sequence one an element, `name[0]`, `name[1]`. Maps are the tensor of their values, and the labels are
 * its parameter `labels`, JSON.
 */
export function tensorsOf(name: string, form: OutputForm, given: Given): Tensor[] {
  switch (form.kind) {
    case "tensor":
      return [fromRuntime(name, given[form.from]!)];
    case "BF16": {
      const { shape, data } = fromRuntime(name, given[form.from]!);
      return [new Tensor(name, { datatype: "BF16", shape, data: encodeHalves("BF16", data as Float32Array) })];
    }
    case "maps": {
      const { datatype, shape, data } = fromRuntime(name, given[form.from]!);
      return [new Tensor(name, { datatype, shape, data, parameters: { labels: JSON.stringify(form.labels) } })];
    }
    case "sequence":
      return elementsOf(name, form.from, given);
  }
}

/** An output as nested lists: maps as a list of objects, a sequence as the list of its elements. */
export function nestedOf(name: string, form: OutputForm, given: Given): unknown {
  const tensors = tensorsOf(name, form, given);
  if (form.kind === "sequence") return tensors.map((tensor) => tensor.nested());
  if (form.kind !== "maps") return tensors[0]!.nested();
  const values = tensors[0]!.values();
  const { labels } = form;
  return Array.from(
    { length: labels.length === 0 ? 0 : values.length / labels.length },
    (_, row) => Object.fromEntries(labels.map((label, column) => [label, values[row * labels.length + column]])),
  );
}

function elementsOf(name: string, [values, sizes, ranks]: readonly [string, string, string], given: Given): Tensor[] {
  const { datatype, data } = fromRuntime(name, given[values]!);
  const allSizes = Array.from(given[sizes]!.data as ArrayLike<bigint>, Number);
  let [atValue, atSize] = [0, 0];
  return Array.from(given[ranks]!.data as ArrayLike<bigint>, (rank, index) => {
    const shape = allSizes.slice(atSize, atSize += Number(rank));
    const count = shape.reduce((product, size) => product * size, 1);
    return new Tensor(`${name}[${index}]`, { datatype, shape, data: data.slice(atValue, atValue += count) });
  });
}
