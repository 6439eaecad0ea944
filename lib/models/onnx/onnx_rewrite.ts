/**
 * JavaScript's runtimes take and give dense tensors of some datatypes. What else a model takes or gives is made of such in the graph
 * itself, by operators that are added to it.
 */

import { ModelError } from "../../errors.ts";
import { attributeList, type OnnxFile, type OnnxType, type OnnxValue } from "./onnx_file.ts";
import { lineUp, type SequenceNames, takeApart } from "./onnx_sequence.ts";
import { join, writeField, writeNumber } from "./onnx_wire.ts";
import { ELEMENT, GRAPH, nodeField, numberAttribute, tensorField } from "./onnx_write.ts";

/** How an input of the model is given to the runtime: as it is, as FP32 for BF16, or an element of a sequence behind the other. */
export type InputForm =
  | { readonly kind: "tensor" | "BF16"; readonly to: string }
  | { readonly kind: "sequence"; readonly to: SequenceNames };

/** How an output of the model is made of the tensors that the runtime gives. */
export type OutputForm =
  | { readonly kind: "tensor"; readonly from: string }
  /** Numbers of type FP32, which the runtime gives for 16-bit ones. */
  | { readonly kind: "BF16"; readonly from: string }
  /** The scores of each row under these labels, for `ZipMap`. */
  | { readonly kind: "maps"; readonly from: string; readonly labels: readonly (string | number)[] }
  /** All elements' values in one row, their sizes in one row, and how many sizes each element has. */
  | { readonly kind: "sequence"; readonly from: SequenceNames };

/** A model as the runtimes can take it. */
export interface PlainOnnx {
  /** The file; undefined where it can stay as it is. */
  readonly bytes: Uint8Array | undefined;
  /** By the model's own names. */
  readonly inputs: ReadonlyMap<string, InputForm>;
  /** By the model's own names. */
  readonly outputs: ReadonlyMap<string, OutputForm>;
}

const SEQUENCES_FROM = 11; // the version of ONNX's operators that can take a sequence apart
const LOOPED_SEQUENCES_FROM = 13; // in which a loop can make one
const DEFAULT_OPSET = 13;

interface Edit {
  /** Nodes that stand before all others. */
  readonly before: Uint8Array[];
  readonly behind: Uint8Array[];
  readonly replaced: Map<Uint8Array, Uint8Array>;
}

interface Work {
  readonly file: OnnxFile;
  readonly edit: Edit;
}

/**
 * Makes the model such that it takes and gives nothing but what the runtimes can.
 *
 * @throws {ModelError} If it takes or gives something of which that cannot be made; it names it.
 */
export function plainOnnx(file: OnnxFile): PlainOnnx {
  const edit: Edit = { before: [], behind: [], replaced: new Map() };
  const inputs = new Map(file.inputs.map((input) => [input.name, plainInput(input, { file, edit })]));
  const outputs = new Map(file.outputs.map((output) => [output.name, plainOutput(output, { file, edit })]));
  return { bytes: edit.replaced.size === 0 ? undefined : write(file, edit), inputs, outputs };
}

function plainInput(input: OnnxValue, { file, edit }: Work): InputForm {
  const { name, type, whole } = input;
  if (type.kind === "tensor" && type.element === ELEMENT.BF16) {
    const to = `${name}/FP32`;
    edit.before.push(castField({ from: to, to: name, element: ELEMENT.BF16 }));
    edit.replaced.set(whole, tensorField(GRAPH.input, to, { element: ELEMENT.FP32, shape: type.shape }));
    return { kind: "BF16", to };
  }
  if (type.kind === "tensor") return { kind: "tensor", to: name };
  const { opset = 0 } = file;
  if (type.kind !== "sequence" || type.of.kind !== "tensor" || opset < LOOPED_SEQUENCES_FROM) {
    throw foreign("takes", input);
  }
  const { nodes, values, names } = takeApart(name, type.of.element, opset);
  edit.before.push(...nodes);
  edit.replaced.set(whole, join(values));
  return { kind: "sequence", to: names };
}

function plainOutput(output: OnnxValue, { file, edit }: Work): OutputForm {
  const { name, type, whole } = output;
  if (type.kind === "tensor" && type.element === ELEMENT.BF16) {
    const from = `${name}/FP32`;
    edit.behind.push(castField({ from: name, to: from, element: ELEMENT.FP32 }));
    edit.replaced.set(whole, tensorField(GRAPH.output, from, { element: ELEMENT.FP32, shape: type.shape }));
    return { kind: "BF16", from };
  }
  if (type.kind === "tensor") return { kind: "tensor", from: name };
  if (type.kind === "sequence" && type.of.kind === "map") return unzip(output, { file, edit });
  if (type.kind !== "sequence" || type.of.kind !== "tensor" || (file.opset ?? 0) < SEQUENCES_FROM) {
    throw foreign("gives", output);
  }
  const { nodes, values, names } = lineUp(name, type.of.element);
  edit.behind.push(...nodes);
  edit.replaced.set(whole, join(values));
  return { kind: "sequence", from: names };
}

/** `ZipMap` only names the columns of a tensor: the tensor is given, and the names are kept. */
function unzip(output: OnnxValue, { file, edit }: Work): OutputForm {
  const { name, whole } = output;
  const zip = file.nodes.find(({ operator, outputs }) => operator === "ZipMap" && outputs.includes(name));
  const labels = zip && (attributeList(zip, "classlabels_strings") ?? attributeList(zip, "classlabels_int64s"));
  if (zip === undefined || labels === undefined) throw foreign("gives", output);
  edit.replaced.set(zip.whole, nodeField("Identity", { inputs: zip.inputs, outputs: [name] }));
  const shape = [-1, labels.length];
  edit.replaced.set(whole, tensorField(GRAPH.output, name, { element: ELEMENT.FP32, shape }));
  return { kind: "maps", from: name, labels: labels.map((label) => typeof label === "string" ? label : Number(label)) };
}

function castField({ from, to, element }: { from: string; to: string; element: number }): Uint8Array {
  return nodeField("Cast", { inputs: [from], outputs: [to], attributes: [numberAttribute("to", element)] });
}

function write({ graph, rest, opset }: OnnxFile, { before, behind, replaced }: Edit): Uint8Array {
  const fields = graph.map(({ whole }) => replaced.get(whole) ?? whole);
  const imports = opset === undefined ? [writeField(8, [writeField(1, ""), writeNumber(2, DEFAULT_OPSET)])] : [];
  return join([...rest, ...imports, writeField(7, [...before, ...fields, ...behind])]);
}

function foreign(act: "takes" | "gives", { name, type }: OnnxValue): ModelError {
  const versions =
    `taken from version ${LOOPED_SEQUENCES_FROM} and given from version ${SEQUENCES_FROM} of ONNX's operators`;
  return new ModelError(
    `it ${act} "${name}", ${
      describe(type)
    }; tensors can be taken and given, sequences of them ${versions}, and ZipMap's maps given`,
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
