/** Operators that make a sequence of tensors of plain ones, and the other way round: a loop over the elements. */

import { writeField } from "./onnx_wire.ts";
import {
  constantField,
  ELEMENT,
  GRAPH,
  graphAttribute,
  integersField,
  nodeField,
  numberAttribute,
  sequenceField,
  tensorField,
} from "./onnx_write.ts";

/** The names of the tensors that stand for a sequence. */
export type SequenceNames = readonly [string, string, string];

/** What stands for a sequence in the graph. */
export interface SequenceFields {
  /** Operators. */
  readonly nodes: readonly Uint8Array[];
  /** Inputs or outputs of the graph, in place of the sequence. */
  readonly values: readonly Uint8Array[];
  readonly names: SequenceNames;
}

type Line = readonly [operator: string, inputs: readonly string[], output: string, attribute?: Uint8Array | undefined];

const ALLOW_ZERO_FROM = 14; // the version from which `Reshape` can be told that a 0 is a size

/** Lines the elements of a sequence up: all their values, all their sizes, and how many sizes each has. */
export function lineUp(name: string, element: number): SequenceFields {
  const at = (part: string) => `${name}/${part}`;
  const names = [at("values"), at("sizes"), at("ranks")] as const;
  const axis = numberAttribute("axis", 0);
  const body: Line[] = [
    ["SequenceAt", [name, at("i")], at("e")],
    ["Reshape", [at("e"), at("row")], at("flat")],
    ["Shape", [at("e")], at("shape")],
    ["Shape", [at("shape")], at("rank")],
    ["Concat", [at("values_in"), at("flat")], at("values_out"), axis],
    ["Concat", [at("sizes_in"), at("shape")], at("sizes_out"), axis],
    ["Concat", [at("ranks_in"), at("rank")], at("ranks_out"), axis],
    ["Identity", [at("go_in")], at("go_out")],
  ];
  const kinds = [["values", element], ["sizes", ELEMENT.INT64], ["ranks", ELEMENT.INT64]] as const;
  const graph = [
    ...body.map(nodeOf),
    ...counters(at),
    ...kinds.map(([part, kind]) => tensorField(GRAPH.input, at(`${part}_in`), { element: kind, shape: [-1] })),
    tensorField(GRAPH.output, at("go_out"), { element: ELEMENT.BOOL, shape: [] }),
    ...kinds.map(([part, kind]) => tensorField(GRAPH.output, at(`${part}_out`), { element: kind, shape: [-1] })),
  ];
  const nodes = [
    integersField(at("row"), [-1]),
    constantField(at("no_values"), { element, sizes: [0], raw: new Uint8Array() }),
    integersField(at("no_sizes"), []),
    nodeField("SequenceLength", { inputs: [name], outputs: [at("length")] }),
    nodeField("Loop", {
      inputs: [at("length"), "", at("no_values"), at("no_sizes"), at("no_sizes")],
      outputs: names,
      attributes: [graphAttribute("body", graph)],
    }),
  ];
  const values = kinds.map(([part, kind]) => tensorField(GRAPH.output, at(part), { element: kind, shape: [-1] }));
  return { nodes, values, names };
}

/**
 * Makes a sequence of all its elements' values, of all their sizes, and of where each element's are: a row of four places, from and to
 * among the values, from and to among the sizes.
 */
export function takeApart(name: string, element: number, opset: number): SequenceFields {
  const at = (part: string) => `${name}/${part}`;
  const names = [at("values"), at("sizes"), at("places")] as const;
  const body: Line[] = [
    ["Gather", [at("places"), at("i")], at("row")],
    ...["from", "to", "first", "last"].map((what, index): Line => ["Gather", [at("row"), at(`${index}`)], at(what)]),
    ["Slice", [at("values"), at("from"), at("to")], at("flat")],
    ["Slice", [at("sizes"), at("first"), at("last")], at("shape")],
    [
      "Reshape",
      [at("flat"), at("shape")],
      at("e"),
      opset >= ALLOW_ZERO_FROM ? numberAttribute("allowzero", 1) : undefined,
    ],
    ["SequenceInsert", [at("in"), at("e")], at("out")],
    ["Identity", [at("go_in")], at("go_out")],
  ];
  const graph = [
    ...body.map(nodeOf),
    ...counters(at),
    sequenceField(GRAPH.input, at("in"), element),
    tensorField(GRAPH.output, at("go_out"), { element: ELEMENT.BOOL, shape: [] }),
    sequenceField(GRAPH.output, at("out"), element),
  ];
  const nodes = [
    ...[0, 1, 2, 3].map((index) => integersField(at(`${index}`), [index])),
    integersField(at("first_size"), 0),
    nodeField("SequenceEmpty", { inputs: [], outputs: [at("none")], attributes: [numberAttribute("dtype", element)] }),
    nodeField("Shape", { inputs: [at("places")], outputs: [at("places_shape")] }),
    nodeField("Gather", { inputs: [at("places_shape"), at("first_size")], outputs: [at("length")] }),
    nodeField("Loop", {
      inputs: [at("length"), "", at("none")],
      outputs: [name],
      attributes: [graphAttribute("body", graph)],
    }),
  ];
  const values = [
    tensorField(GRAPH.input, names[0], { element, shape: [-1] }),
    tensorField(GRAPH.input, names[1], { element: ELEMENT.INT64, shape: [-1] }),
    tensorField(GRAPH.input, names[2], { element: ELEMENT.INT64, shape: [-1, 4] }),
  ];
  return { nodes, values, names };
}

function nodeOf([operator, inputs, output, attribute]: Line): Uint8Array {
  return nodeField(operator, {
    inputs,
    outputs: [output],
    attributes: attribute === undefined ? [] : [attribute],
  });
}

/** The name of a loop's body, and what every loop gives it: the number of the round, and whether it goes on. */
function counters(at: (part: string) => string): Uint8Array[] {
  return [
    writeField(GRAPH.name, at("loop")),
    tensorField(GRAPH.input, at("i"), { element: ELEMENT.INT64, shape: [] }),
    tensorField(GRAPH.input, at("go_in"), { element: ELEMENT.BOOL, shape: [] }),
  ];
}
