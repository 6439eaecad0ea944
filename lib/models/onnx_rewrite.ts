/**
 * JavaScript's runtimes take and give dense tensors of some datatypes. What else a model takes or gives is made of such in the graph
 * itself, by operators that are added to it.
 */

import { ModelError } from "../errors.ts";
import { attributeList, type OnnxFile, type OnnxType, type OnnxValue } from "./onnx_file.ts";
import { join, writeField, writeNumber } from "./onnx_wire.ts";

/** How an output of the model is made of the tensors that the runtime gives. */
export type OutputForm =
  | { readonly kind: "tensor"; readonly from: string }
  /** Numbers of type FP32, which the runtime gives for 16-bit ones. */
  | { readonly kind: "BF16"; readonly from: string }
  /** The scores of each row under these labels, for `ZipMap`. */
  | { readonly kind: "maps"; readonly from: string; readonly labels: readonly (string | number)[] }
  /** All elements' values in one row, their sizes in one row, and how many sizes each element has. */
  | { readonly kind: "sequence"; readonly element: number; readonly from: readonly [string, string, string] };

/** A model as the runtimes can take it. */
export interface PlainOnnx {
  /** The file; undefined where it can stay as it is. */
  readonly bytes: Uint8Array | undefined;
  /** What the runtime calls the inputs that it takes as FP32 for BF16. */
  readonly widened: ReadonlyMap<string, string>;
  /** By the model's own names. */
  readonly outputs: ReadonlyMap<string, OutputForm>;
}

const [FLOAT, INT64, BOOL, BFLOAT16] = [1, 7, 9, 16];
const GRAPH = { node: 1, input: 11, output: 12 };
const LOOPS_FROM = 11; // the version of the operators with sequences
const DEFAULT_OPSET = 13;

interface Edit {
  /** Nodes that stand before all others. */
  readonly before: Uint8Array[];
  readonly behind: Uint8Array[];
  readonly replaced: Map<Uint8Array, Uint8Array>;
}

/**
 * Makes the model such that it takes and gives nothing but what the runtimes can.
 *
 * @throws {ModelError} If it takes or gives something of which that cannot be made; it names it.
 */
export function plainOnnx(file: OnnxFile): PlainOnnx {
  const edit: Edit = { before: [], behind: [], replaced: new Map() };
  const widened = new Map<string, string>();
  for (const input of file.inputs) {
    if (isTensorOf(input.type, BFLOAT16)) widened.set(input.name, widenInput(input, edit));
    else if (input.type.kind !== "tensor") throw foreign("takes", input);
  }
  const outputs = new Map(file.outputs.map((output) => [output.name, plainOutput(output, { file, edit })]));
  const isPlain = edit.replaced.size + edit.behind.length === 0;
  return { bytes: isPlain ? undefined : write(file, edit), widened, outputs };
}

function isTensorOf(type: OnnxType, element: number): boolean {
  return type.kind === "tensor" && type.element === element;
}

function widenInput({ name, type, whole }: OnnxValue, edit: Edit): string {
  const wide = `${name}/FP32`;
  edit.before.push(castNode({ from: wide, to: name, element: BFLOAT16 }));
  edit.replaced.set(whole, valueField(GRAPH.input, wide, { element: FLOAT, shape: shapeOf(type) }));
  return wide;
}

function shapeOf(type: OnnxType): readonly number[] | undefined {
  return type.kind === "tensor" ? type.shape : undefined;
}

function plainOutput(output: OnnxValue, { file, edit }: { file: OnnxFile; edit: Edit }): OutputForm {
  const { name, type, whole } = output;
  if (isTensorOf(type, BFLOAT16)) {
    const from = `${name}/FP32`;
    edit.behind.push(castNode({ from: name, to: from, element: FLOAT }));
    edit.replaced.set(whole, valueField(GRAPH.output, from, { element: FLOAT, shape: shapeOf(type) }));
    return { kind: "BF16", from };
  }
  if (type.kind === "tensor") return { kind: "tensor", from: name };
  if (type.kind === "sequence" && type.of.kind === "map") return unzip(output, { file, edit });
  if (type.kind === "sequence" && type.of.kind === "tensor" && (file.opset ?? 0) >= LOOPS_FROM) {
    return lineUp(name, { element: type.of.element, whole, edit });
  }
  throw foreign("gives", output);
}

/** `ZipMap` only names the columns of a tensor: the tensor is given, and the names are kept. */
function unzip(output: OnnxValue, { file, edit }: { file: OnnxFile; edit: Edit }): OutputForm {
  const { name, whole } = output;
  const zip = file.nodes.find(({ operator, outputs }) => operator === "ZipMap" && outputs.includes(name));
  const labels = zip && (attributeList(zip, "classlabels_strings") ?? attributeList(zip, "classlabels_int64s"));
  if (zip === undefined || labels === undefined) throw foreign("gives", output);
  edit.replaced.set(
    zip.whole,
    writeField(GRAPH.node, nodeFields("Identity", { inputs: zip.inputs, outputs: [name] })),
  );
  const shape = [-1, labels.length];
  edit.replaced.set(whole, valueField(GRAPH.output, name, { element: FLOAT, shape }));
  return { kind: "maps", from: name, labels: labels.map((label) => typeof label === "string" ? label : Number(label)) };
}

interface Sequence {
  readonly element: number;
  readonly whole: Uint8Array;
  readonly edit: Edit;
}

/** Lines the elements of a sequence up in one row, in a loop over them. */
function lineUp(name: string, { element, whole, edit }: Sequence): OutputForm {
  const at = (part: string) => `${name}/${part}`;
  const from = [at("values"), at("sizes"), at("ranks")] as const;
  const body = [
    ["SequenceAt", [name, at("i")], at("e")],
    ["Reshape", [at("e"), at("row")], at("flat")],
    ["Shape", [at("e")], at("shape")],
    ["Shape", [at("shape")], at("rank")],
    ["Concat", [at("values_in"), at("flat")], at("values_out")],
    ["Concat", [at("sizes_in"), at("shape")], at("sizes_out")],
    ["Concat", [at("ranks_in"), at("rank")], at("ranks_out")],
    ["Identity", [at("go_in")], at("go_out")],
  ] as const;
  const graph = [
    ...body.map(([operator, inputs, output]) =>
      writeField(
        GRAPH.node,
        nodeFields(operator, {
          inputs,
          outputs: [output],
          attributes: operator === "Concat" ? [axisAttribute(0)] : [],
        }),
      )
    ),
    writeField(2, at("loop")),
    valueField(GRAPH.input, at("i"), { element: INT64, shape: [] }),
    valueField(GRAPH.input, at("go_in"), { element: BOOL, shape: [] }),
    valueField(GRAPH.input, at("values_in"), { element, shape: [-1] }),
    valueField(GRAPH.input, at("sizes_in"), { element: INT64, shape: [-1] }),
    valueField(GRAPH.input, at("ranks_in"), { element: INT64, shape: [-1] }),
    valueField(GRAPH.output, at("go_out"), { element: BOOL, shape: [] }),
    valueField(GRAPH.output, at("values_out"), { element, shape: [-1] }),
    valueField(GRAPH.output, at("sizes_out"), { element: INT64, shape: [-1] }),
    valueField(GRAPH.output, at("ranks_out"), { element: INT64, shape: [-1] }),
  ];
  edit.behind.push(
    constantNode(at("row"), { element: INT64, sizes: [1], raw: new Uint8Array(8).fill(0xff) }),
    constantNode(at("no_values"), { element, sizes: [0], raw: new Uint8Array() }),
    constantNode(at("no_sizes"), { element: INT64, sizes: [0], raw: new Uint8Array() }),
    writeField(GRAPH.node, nodeFields("SequenceLength", { inputs: [name], outputs: [at("length")] })),
    writeField(
      GRAPH.node,
      nodeFields("Loop", {
        inputs: [at("length"), "", at("no_values"), at("no_sizes"), at("no_sizes")],
        outputs: from,
        attributes: [writeField(5, [writeField(1, "body"), writeField(6, graph), writeNumber(20, 5)])],
      }),
    ),
  );
  const given = [[from[0], element], [from[1], INT64], [from[2], INT64]] as const;
  edit.replaced.set(
    whole,
    join(given.map(([part, kind]) => valueField(GRAPH.output, part, { element: kind, shape: [-1] }))),
  );
  return { kind: "sequence", element, from };
}

interface NodeParts {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: readonly Uint8Array[];
}

function nodeFields(operator: string, { inputs, outputs, attributes = [] }: NodeParts): Uint8Array[] {
  return [
    ...inputs.map((name) => writeField(1, name)),
    ...outputs.map((name) => writeField(2, name)),
    writeField(4, operator),
    ...attributes,
  ];
}

function castNode({ from, to, element }: { from: string; to: string; element: number }): Uint8Array {
  const attribute = writeField(5, [writeField(1, "to"), writeNumber(3, element), writeNumber(20, 2)]);
  return writeField(GRAPH.node, nodeFields("Cast", { inputs: [from], outputs: [to], attributes: [attribute] }));
}

function axisAttribute(axis: number): Uint8Array {
  return writeField(5, [writeField(1, "axis"), writeNumber(3, axis), writeNumber(20, 2)]);
}

interface ConstantParts {
  readonly element: number;
  readonly sizes: readonly number[];
  readonly raw: Uint8Array;
}

function constantNode(name: string, { element, sizes, raw }: ConstantParts): Uint8Array {
  const content = raw.length === 0 ? [] : [writeField(9, raw)];
  const tensor = [...sizes.map((size) => writeNumber(1, size)), writeNumber(2, element), ...content];
  const attribute = writeField(5, [writeField(1, "value"), writeField(5, tensor), writeNumber(20, 4)]);
  return writeField(GRAPH.node, nodeFields("Constant", { inputs: [], outputs: [name], attributes: [attribute] }));
}

interface TensorParts {
  readonly element: number;
  readonly shape: readonly number[] | undefined;
}

function valueField(field: number, name: string, { element, shape }: TensorParts): Uint8Array {
  const sizes = shape?.map((size) => writeField(1, size < 0 ? [] : [writeNumber(1, size)]));
  const tensor = [writeNumber(1, element), ...(sizes === undefined ? [] : [writeField(2, sizes)])];
  return writeField(field, [writeField(1, name), writeField(2, [writeField(1, tensor)])]);
}

function write({ graph, rest, opset }: OnnxFile, { before, behind, replaced }: Edit): Uint8Array {
  const fields = graph.map(({ whole }) => replaced.get(whole) ?? whole);
  const imports = opset === undefined ? [writeField(8, [writeField(1, ""), writeNumber(2, DEFAULT_OPSET)])] : [];
  return join([...rest, ...imports, writeField(7, [...before, ...fields, ...behind])]);
}

function foreign(act: "takes" | "gives", { name, type }: OnnxValue): ModelError {
  return new ModelError(
    `it ${act} "${name}", ${
      describe(type)
    }; tensors can be taken and given, and ZipMap's maps and sequences of tensors given`,
  );
}

function describe(type: OnnxType): string {
  switch (type.kind) {
    case "tensor":
      return "a tensor";
    case "sequence":
      return `a sequence of ${describe(type.of).replace(/^an? /, "")}s`;
    case "map":
      return "a map";
    default:
      return `${/^[aeiou]/.test(type.kind) ? "an" : "a"} ${type.kind}`;
  }
}
