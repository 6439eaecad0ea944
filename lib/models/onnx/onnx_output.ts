/** What a model gives, made of the tensors that the runtime gives. */

import { encodeHalves } from "../../tensor/half.ts";
import { Tensor } from "../../tensor/tensor.ts";
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

/** An output as nested lists, of what `tensorsOf` gave: maps as a list of objects, a sequence as the list of its elements. */
export function nestedOf(name: string, tensors: readonly Tensor[]): unknown {
  const tensor = tensors.find((candidate) => candidate.name === name);
  if (tensor === undefined) {
    return tensors.filter((element) => element.name.startsWith(`${name}[`)).map((element) => element.nested());
  }
  const { labels } = tensor.parameters ?? {};
  return labels === undefined ? tensor.nested() : mapsOf(JSON.parse(labels as string), tensor.values());
}

function mapsOf(labels: readonly (string | number)[], values: readonly unknown[]): object[] {
  const width = labels.length;
  return Array.from(
    { length: width === 0 ? 0 : values.length / width },
    (_, row) => Object.fromEntries(labels.map((label, column) => [label, values[row * width + column]])),
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
