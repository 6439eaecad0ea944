import type { ModelFacts, ServedModel } from "../../graph/served_model.ts";

/** What Triton calls the datatypes in configurations; all others are `TYPE_` and the name. */
const TYPES: Readonly<Record<string, string>> = { BYTES: "TYPE_STRING" };

/** A model's configuration as Triton's model configuration extension tells it: what is so here, and nothing of what Triton alone has. */
export function modelConfig(model: ServedModel): object {
  const { platform, inputs, outputs } = model.facts();
  return {
    name: model.name,
    platform,
    backend: platform.startsWith("onnxruntime") ? "onnxruntime" : platform,
    version_policy: { specific: { versions: model.version === undefined ? [] : [model.version] } },
    max_batch_size: 0, // shapes below are whole: no dimension of rows is left out of them
    input: inputs.map(tensorOf),
    output: outputs.map(tensorOf),
    parameters: {},
  };
}

function tensorOf({ name, datatype, shape }: ModelFacts["inputs"][number]): object {
  return {
    name,
    data_type: TYPES[datatype] ?? `TYPE_${datatype}`,
    dims: shape.map((size) => typeof size === "number" ? size : -1),
  };
}
