/** How several models' tensors become one answer. */

import { ShapeError } from "../errors.ts";
import type { TensorReply } from "../protocol/tensor_reply.ts";
import { tensorsOf } from "../protocol/tensor_rows.ts";
import type { Datatype } from "../tensor/datatype.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { OwnVote } from "./ensemble.ts";
import { type Ballot, outputsOf, vote, type VoteType } from "./vote.ts";

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
  for (const tensor of reply.outputs) outputsOf(tensor.values());
  return reply;
}

/** How tensors are voted on. */
export interface TensorVote {
  /** How to vote on the first output; the others, and undefined: fractions are averaged, everything else is counted. */
  readonly voteType: VoteType | undefined;
  /** A vote of one's own, on rows. */
  readonly own: OwnVote | undefined;
}

/**
 * Votes on each output that the first member gives, element by element. Classes keep their datatype, means are FP32 where all are, else
 * FP64. Members that give one output each need not call it the same.
 *
 * @throws {ShapeError} If members give outputs of different shapes.
 * @throws {TypeError} If a member lacks an output.
 */
export function voteTensors(ballots: readonly TensorBallot[], { voteType, own }: TensorVote): Tensor[] {
  const [first] = ballots;
  return first!.outputs.outputs.flatMap((wanted, index) => {
    const given = ballots.map((ballot) => ({ ...ballot, tensor: outputOf(ballot, wanted, first!.member) }));
    if (own !== undefined) return ownVote(own, wanted.name, given);
    const tensors = given.map(({ tensor }) => tensor);
    const type = (index === 0 ? voteType : undefined) ?? typeOf(tensors);
    const rows: Ballot[] = given.map(({ member, weight, tensor }) => ({ member, weight, outputs: tensor.values() }));
    const { datatype, data } = Tensor.from(wanted.name, vote(rows, type), datatypeOf(tensors, type));
    return [new Tensor(wanted.name, { datatype, shape: wanted.shape, data })];
  });
}

type Given = Pick<TensorBallot, "member" | "weight"> & { readonly tensor: Tensor };

function ownVote(own: OwnVote, name: string, given: readonly Given[]): Tensor[] {
  const outputs = Object.fromEntries(given.map(({ member, tensor }) => [member, tensor.nested() as unknown[]]));
  const weights = Object.fromEntries(given.map(({ member, weight }) => [member, weight]));
  return tensorsOf(own(outputs, weights)).map((tensor) => tensor.named(name));
}

function outputOf({ member, outputs }: TensorBallot, wanted: Tensor, first: string): Tensor {
  const tensor = outputs.output(wanted.name) ?? (outputs.outputs.length === 1 ? outputs.outputs[0] : undefined);
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
  return tensors.some(({ datatype }) => /^(FP|BF)/.test(datatype)) ? "regression" : "classification";
}

function datatypeOf(tensors: readonly Tensor[], type: VoteType): Datatype {
  const datatypes = new Set(tensors.map(({ datatype }) => datatype));
  if (datatypes.size === 1 && (type === "classification" || datatypes.has("FP32"))) return tensors[0]!.datatype;
  if (type === "regression") return "FP64";
  return datatypes.has("BYTES") ? "BYTES" : datatypes.has("BOOL") ? "BOOL" : "INT64";
}
