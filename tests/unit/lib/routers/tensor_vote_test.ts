import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { TensorReply } from "../../../../lib/tensor/tensor_reply.ts";
import {
  asTensors,
  type TensorBallot,
  tensorsIn,
  type TensorVote,
  voteTensors,
} from "../../../../lib/routers/tensor_vote.ts";
import type { Datatype } from "../../../../lib/tensor/datatype.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";

const BY_VALUES: TensorVote = { voteType: undefined, own: undefined };

function ballots(datatype: Datatype, ...outputs: unknown[]): TensorBallot[] {
  return outputs.map((values, index) => ({
    member: `m${index}`,
    weight: 1,
    outputs: new TensorReply({ model_name: `m${index}`, id: "1", outputs: [Tensor.from("y", values, datatype)] }),
  }));
}

function voted(given: readonly TensorBallot[], how: TensorVote = BY_VALUES): unknown {
  return voteTensors(given, how).map((
    { name, datatype, shape, ...tensor },
  ) => [name, datatype, shape, new Tensor(name, { datatype, shape, data: tensor.data }).nested()]);
}

Deno.test("voteTensors() counts integers, text and booleans, and keeps their datatype", () => {
  deepStrictEqual(voted(ballots("INT64", [2, 1], [0, 1], [2, 3])), [["y", "INT64", [2], [2, 1]]]);
  deepStrictEqual(voted(ballots("BYTES", ["cat"], ["dog"], ["dog"])), [["y", "BYTES", [1], ["dog"]]]);
  deepStrictEqual(voted(ballots("BOOL", [true], [false], [true])), [["y", "BOOL", [1], [true]]]);
});

Deno.test("voteTensors() gives members of weight 0 no say, but to a vote of one's own", () => {
  const [silent] = ballots("FP64", [0.5, 0.5, 0.5]);
  const given = [{ ...silent!, member: "silent", weight: 0 }, ...ballots("INT64", [1, 5], [2, 5])];
  deepStrictEqual(voted(given), [["y", "INT64", [2], [1, 5]]]);
  const own = (outputs: Readonly<Record<string, readonly unknown[]>>) => [Object.keys(outputs).length];
  const alike = [{ ...ballots("FP64", [0.5, 0.5])[0]!, member: "silent", weight: 0 }, ...given.slice(1)];
  deepStrictEqual(voted(alike, { voteType: undefined, own }), [["y", "INT64", [1], [3]]]);
  const nobody = given.map((ballot) => ({ ...ballot, weight: 0 }));
  throws(() => voted(nobody.slice(1)), { name: "RangeError", message: /no member of m0, m1 has a weight above 0/ });
});

Deno.test("voteTensors() keeps 64-bit classes exact", () => {
  const [big, other] = [2n ** 62n + 1n, 2n ** 62n + 3n];
  deepStrictEqual(voted(ballots("INT64", [big], [other], [other])), [["y", "INT64", [1], [other]]]);
});

Deno.test("voteTensors() keeps 64-bit classes that doubles hold exactly", () => {
  deepStrictEqual(voted(ballots("INT64", [2n ** 60n], [2n ** 60n])), [["y", "INT64", [1], [2n ** 60n]]]);
  deepStrictEqual(voted(ballots("UINT64", [2n ** 63n], [1n], [2n ** 63n])), [["y", "UINT64", [1], [2n ** 63n]]]);
});

Deno.test("voteTensors() counts bytes that are no text", () => {
  const [one, other] = [new Uint8Array([255, 254]), new Uint8Array([255])];
  deepStrictEqual(voted(ballots("BYTES", [one], [other], [one])), [["y", "BYTES", [1], [one]]]);
  deepStrictEqual(voted(ballots("BYTES", [one], [other])), [["y", "BYTES", [1], [other]]]);
  deepStrictEqual(voted(ballots("BYTES", [one], ["text"])), [["y", "BYTES", [1], ["text"]]]);
  const [ballot] = ballots("BYTES", [one]);
  strictEqual(tensorsIn(ballot!.outputs), ballot!.outputs);
});

Deno.test("voteTensors() gives means of fractions in the members' datatype, else in one that holds them", () => {
  const datatypes = (...given: Datatype[]) =>
    voteTensors(given.flatMap((datatype) => ballots(datatype, [1.5])), BY_VALUES).map(({ datatype }) => datatype);
  deepStrictEqual(datatypes("FP16", "FP16"), ["FP16"]);
  deepStrictEqual(datatypes("BF16", "BF16"), ["BF16"]);
  deepStrictEqual(datatypes("BF16", "FP16"), ["FP32"]);
  deepStrictEqual(datatypes("FP16", "FP32"), ["FP32"]);
  deepStrictEqual(datatypes("FP32", "FP64"), ["FP64"]);
});

Deno.test("asTensors() makes the first output of rows, in its datatype where they fit", () => {
  const [given] = ballots("INT64", [1, 2]);
  const made = (rows: unknown) => {
    const [, outcome] = asTensors([{ member: "m", answer: given!.outputs }, { member: "f", answer: rows }]);
    return "error" in outcome!
      ? "error"
      : (outcome!.answer as TensorReply).outputs.map(({ name, datatype, shape }) => [name, datatype, shape]);
  };
  deepStrictEqual(made([3, 4]), [["y", "INT64", [2]]]);
  deepStrictEqual(made([[3], [4]]), [["y", "INT64", [2]]]);
  deepStrictEqual(made([3, 4.5]), [["y", "FP64", [2]]]);
  deepStrictEqual(made([[3], [4, 5]]), "error");
  const rows = [{ member: "f", answer: [1] }];
  strictEqual(asTensors(rows), rows);
});

Deno.test("voteTensors() averages fractions, also whole ones, in their shape", () => {
  deepStrictEqual(voted(ballots("FP32", [[1, 2], [3, 4]], [[3, 4], [5, 6]])), [["y", "FP32", [2, 2], [[2, 3], [
    4,
    5,
  ]]]]);
  deepStrictEqual(voted(ballots("FP64", [1], [2])), [["y", "FP64", [1], [1.5]]]);
});

Deno.test("voteTensors() averages integers where it is told to", () => {
  const how: TensorVote = { voteType: "regression", own: undefined };
  deepStrictEqual(voted(ballots("INT64", [1], [2]), how), [["y", "FP64", [1], [1.5]]]);
});

Deno.test("voteTensors() lets members call their only output what they like, but not give other shapes", () => {
  const [one] = ballots("INT64", [1]);
  const named: TensorBallot = {
    member: "other",
    weight: 1,
    outputs: new TensorReply({ model_name: "o", id: "1", outputs: [Tensor.from("label", [1])] }),
  };
  deepStrictEqual(voted([one!, named]), [["y", "INT64", [1], [1]]]);
  throws(() => voteTensors(ballots("INT64", [1], [1, 2]), BY_VALUES), {
    name: "ShapeError",
    message: 'Cannot vote on shapes that differ: member "m0" gave "y" as [1], member "m1" as [2]',
  });
});

Deno.test("voteTensors() takes no member's only output for each of several", () => {
  const [one] = ballots("FP32", [1]);
  const [label, share] = [Tensor.from("label", [1]), Tensor.from("share", [0.5], "FP32")];
  const two = {
    member: "two",
    weight: 1,
    outputs: new TensorReply({ model_name: "two", id: "1", outputs: [label, share] }),
  };
  throws(() => voteTensors([two, one!], BY_VALUES), {
    name: "TypeError",
    message: 'Cannot vote on output "label" of member "two": member "m0" does not give it',
  });
});

Deno.test("voteTensors() takes a vote of one's own", () => {
  const own: TensorVote["own"] = ({ m0, m1 }) => m0!.map((value, row) => Math.max(Number(value), Number(m1![row])));
  deepStrictEqual(voted(ballots("INT64", [1, 9], [4, 2]), { voteType: undefined, own }), [["y", "INT64", [2], [
    4,
    9,
  ]]]);
});

Deno.test("tensorsIn() refuses what cannot be voted on", () => {
  const [nan] = ballots("FP32", [NaN]);
  throws(() => tensorsIn(nan!.outputs), /Cannot vote on an output that is NaN/);
});

Deno.test("voteTensors() votes on each output by its datatype: labels are counted, probabilities averaged", () => {
  const member = (label: number, probabilities: number[]): TensorBallot => ({
    member: `says ${label}`,
    weight: 1,
    outputs: new TensorReply({
      model_name: "m",
      id: "1",
      outputs: [Tensor.from("label", [label], "INT64"), Tensor.from("probabilities", [probabilities], "FP32")],
    }),
  });
  for (const voteType of [undefined, "classification"] as const) {
    deepStrictEqual(
      voted([member(1, [0.25, 0.75]), member(1, [0.25, 0.75]), member(0, [1, 0])], { voteType, own: undefined }),
      [
        ["label", "INT64", [1], [1]],
        ["probabilities", "FP32", [1, 2], [[0.5, 0.5]]],
      ],
    );
  }
});
