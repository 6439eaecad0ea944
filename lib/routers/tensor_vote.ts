/** How several models' tensors become one answer. */

import { ShapeError } from "../errors.ts";
import { TensorReply } from "../tensor/tensor_reply.ts";
import { tensorsOf } from "../protocol/tensor_rows.ts";
import type { Datatype } from "../tensor/datatype.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { OwnVote } from "./ensemble.ts";
import type { Outcome } from "./members.ts";
import { type Ballot, outputsOf, vote, type VoteType } from "./vote.ts";

const FRACTIONS = /^(FP|BF)/;
const NARROW = /^(FP16|BF16|FP32)$/; // what FP32 holds

/** One member's tensors. */
export interface TensorBallot {
  readonly member: string;
  /** At least 0; only ratios matter. */
  readonly weight: number;
  readonly outputs: TensorReply;
}

/**
 * A member's reply, when all of it can be voted on.
 *
 * @throws {TypeError} If something in it cannot, such as NaN.
 */
export function tensorsIn(reply: TensorReply): TensorReply {
  for (const tensor of reply.outputs) if (tensor.datatype !== "BYTES") outputsOf(tensor.values());
  return reply;
}

/**
 * What members gave, all as tensors where one gave tensors: a function beside a model answers with rows. They become the first output of
 * the first that gave tensors, in its datatype where they fit; those that make no tensor are that member's failure.
 */
export function asTensors(outcomes: readonly Outcome[]): readonly Outcome[] {
  const reply = outcomes.map((outcome) => "answer" in outcome ? outcome.answer : undefined)
    .find((answer) => answer instanceof TensorReply);
  if (reply === undefined) return outcomes;
  return outcomes.map((outcome) => {
    if ("error" in outcome || outcome.answer instanceof TensorReply) return outcome;
    const { member, answer } = outcome;
    try {
      const outputs = [tensorLike(reply.outputs[0], answer)];
      return { member, answer: new TensorReply({ model_name: member, id: reply.id, outputs }) };
    } catch (error) {
      return { member, error };
    }
  });
}

function tensorLike(wanted: Tensor | undefined, rows: unknown): Tensor {
  if (wanted === undefined) return tensorsOf(rows)[0]!;
  try {
    return tensorsOf(rows, [wanted])[0]!;
  } catch {
    return tensorsOf(rows)[0]!.named(wanted.name); // fractions where the first gave integers
  }
}

/** How tensors are voted on. */
export interface TensorVote {
  /** How to vote on the first output; the others, and undefined: fractions are averaged, everything else is counted. */
  readonly voteType: VoteType | undefined;
  /** A vote of one's own, on rows. */
  readonly own: OwnVote | undefined;
}

/**
 * Votes on each output that the first member gives, element by element. Classes keep their datatype, as do means of fractions
 * where all members give the same; means of others are FP64, of FP16, BF16 and FP32 together FP32. Members that give one output each need not call it the same.
 *
 * @throws {ShapeError} If members give outputs of different shapes.
 * @throws {TypeError} If a member lacks an output.
 */
export function voteTensors(all: readonly TensorBallot[], { voteType, own }: TensorVote): Tensor[] {
  const counted = own === undefined ? all.filter(({ weight }) => weight > 0) : all;
  const ballots = counted.length === 0 ? all : counted; // without any weight the vote fails
  const [first] = ballots;
  return first!.outputs.outputs.flatMap((wanted, index) => {
    const given = ballots.map((ballot) => ({ ...ballot, tensor: outputOf(ballot, wanted, first!) }));
    if (own !== undefined) return ownVote(own, wanted.name, given);
    const tensors = given.map(({ tensor }) => tensor);
    const type = (index === 0 ? voteType : undefined) ?? typeOf(tensors);
    const bytes = new Map<string, Uint8Array>();
    const outputs = (tensor: Tensor) =>
      tensor.values().map((value) => value instanceof Uint8Array ? classOf(value, bytes) : value);
    const rows: Ballot[] = given.map(({ member, weight, tensor }) => ({ member, weight, outputs: outputs(tensor) }));
    const voted = vote(rows, type).map((value) => bytes.get(value as string) ?? value);
    const { datatype, data } = Tensor.from(wanted.name, voted, datatypeOf(tensors, type));
    return [new Tensor(wanted.name, { datatype, shape: wanted.shape, data })];
  });
}

/** Bytes that are no text, as a class: behind all text, in the order of their values. */
function classOf(value: Uint8Array, known: Map<string, Uint8Array>): string {
  const name = `\udfff${Array.from(value, (byte) => String.fromCharCode(byte)).join("")}`;
  known.set(name, value);
  return name;
}

type Given = Pick<TensorBallot, "member" | "weight"> & { readonly tensor: Tensor };

function ownVote(own: OwnVote, name: string, given: readonly Given[]): Tensor[] {
  const outputs = Object.fromEntries(given.map(({ member, tensor }) => [member, tensor.nested() as unknown[]]));
  const weights = Object.fromEntries(given.map(({ member, weight }) => [member, weight]));
  return tensorsOf(own(outputs, weights)).map((tensor) => tensor.named(name));
}

function outputOf(
  { member, outputs }: TensorBallot,
  wanted: Tensor,
  { member: first, outputs: all }: TensorBallot,
): Tensor {
  const isOnly = outputs.outputs.length === 1 && all.outputs.length === 1;
  const tensor = outputs.output(wanted.name) ?? (isOnly ? outputs.outputs[0] : undefined);
  if (tensor === undefined) {
    throw new TypeError(
      `Cannot vote on output "${wanted.name}" of member "${first}": member "${member}" does not give it`,
    );
  }
  if (tensor.shape.join() === wanted.shape.join()) return tensor;
  throw new ShapeError(
    `Cannot vote on shapes that differ: member "${first}" gave "${wanted.name}" as [${wanted.shape}], member "${member}" as [${tensor.shape}]`,
  );
}

/** By datatype: fractions are averaged, everything else counted. */
function typeOf(tensors: readonly Tensor[]): VoteType {
  return tensors.some(({ datatype }) => FRACTIONS.test(datatype)) ? "regression" : "classification";
}

function datatypeOf(tensors: readonly Tensor[], type: VoteType): Datatype {
  const datatypes = new Set(tensors.map(({ datatype }) => datatype));
  const [datatype] = datatypes;
  if (datatypes.size === 1 && (type === "classification" || FRACTIONS.test(datatype!))) return datatype!;
  if (type === "regression") return [...datatypes].every((one) => NARROW.test(one)) ? "FP32" : "FP64";
  return datatypes.has("BYTES") ? "BYTES" : datatypes.has("BOOL") ? "BOOL" : "INT64";
}
