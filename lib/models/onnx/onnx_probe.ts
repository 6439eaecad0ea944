/** What an ONNX model makes of rows alone and of the same rows together: requests may be joined only where both are the same. */

import { describeThrown } from "../../errors.ts";
import type { TensorInfo } from "../../protocol/reply.ts";
import { type Datatype, encodeData } from "../../tensor/datatype.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { joinTensors, rowsOf, splitTensors } from "../batching/batch_tensors.ts";
import { UnsplitError } from "../batching/batcher.ts";
import { type WarmUp, warmUpTensors } from "../warm_up.ts";
import type { OnnxSession } from "./onnx_session.ts";

/** What was seen. */
export interface Probed {
  /** What is wrong with the outputs that cannot be split, by their names. */
  readonly refused: ReadonlyMap<string, string>;
  /** Why the values of rows could not be compared; undefined: they were. */
  readonly unseen?: string | undefined;
  /** Why nothing could be asked at all. */
  readonly failure?: string | undefined;
}

type Row = readonly Tensor[];

const ROWLESS = "has no row for each row of the inputs";
const DEPENDENT = "answers a row otherwise beside other rows";
/** In other orders: a size that is another one's by accident, a sum, a rank or a mean differs in one of them. */
const TOGETHER = [[0, 1], [1, 2, 0]] as const;
const FREE_SIZES = [4, 1]; // of what is no row: no number of rows that are asked together; 1 for models that take no other

/**
 * Asks a model for outputs of rows alone and together: those of `warmUp`, and made-up ones where these are not two that differ. Where it takes no
 * made-up rows, zeros still show which outputs have rows.
 */
export async function probeRows(
  session: OnnxSession,
  names: readonly string[],
  warmUp: WarmUp | undefined,
): Promise<Probed> {
  if (names.length === 0) return { refused: new Map() };
  const said = typeof warmUp === "object" ? singleRows(warmUpTensors(warmUp, session.inputs)!) : [];
  if (said.length > 0) {
    const seen = await askFor(session, names, said);
    const isEnough = said.length > 1 && said[0]!.some((tensor, index) => !isAlike(tensor, said[1]![index]!));
    if (isEnough || seen.failure !== undefined) return seen;
    const left = names.filter((name) => !seen.refused.has(name));
    const more = await askMadeUp(session, left);
    return more.failure === undefined ? { ...more, refused: new Map([...seen.refused, ...more.refused]) } : seen;
  }
  const made = await askMadeUp(session, names);
  if (made.failure === undefined) return made;
  const zeros = await askFor(session, names, [warmUpTensors(true, session.inputs)!]);
  return { ...zeros, unseen: `it takes no made-up rows: ${made.failure}` };
}

async function askMadeUp(session: OnnxSession, names: readonly string[]): Promise<Probed> {
  let seen: Probed = { refused: new Map() };
  for (const size of FREE_SIZES) {
    seen = await askFor(session, names, [3, 1, 2].map((row) => session.inputs.map((info) => madeUp(info, row, size))));
    if (seen.failure === undefined) break;
  }
  return seen;
}

/** Asks for rows alone, and then together. */
async function askFor(session: OnnxSession, names: readonly string[], rows: readonly Row[]): Promise<Probed> {
  const three = [0, 1, 2].map((index) => rows[index % rows.length]!);
  let alone: Tensor[][];
  let again: Tensor[];
  try {
    alone = [];
    for (const inputs of three) alone.push(await session.runTensors(inputs, names));
    again = await session.runTensors(three[0]!, names);
  } catch (error) {
    return { refused: new Map(), failure: describeThrown(error).message };
  }
  const random = new Set(again.filter((tensor, index) => !isAlike(tensor, alone[0]![index]!)).map(({ name }) => name));
  const refused = new Map<string, string>();
  for (const order of TOGETHER) {
    const wanted = names.filter((name) => !refused.has(name));
    if (wanted.length === 0) break;
    const joined = joinTensors(order.map((index) => ({ inputs: three[index]!, outputs: wanted })));
    let given: Tensor[];
    try {
      given = await session.runTensors(joined.inputs, wanted);
    } catch (error) {
      const state = `${ROWLESS} (asked for ${order.length} rows, it fails: ${describeThrown(error).message})`;
      for (const name of wanted) refused.set(name, state);
      break;
    }
    for (const name of wanted) {
      const own = order.map((index) => alone[index]!.filter((tensor) => tensor.name === name));
      const state = difference(given.filter((tensor) => tensor.name === name), own, random.has(name));
      if (state !== undefined) refused.set(name, state);
    }
  }
  const unseen = random.size === 0 ? undefined : `it answers the same otherwise each time: ${[...random].join(", ")}`;
  return { refused, unseen };
}

/** How an output of rows together differs from what they have alone. */
function difference(given: readonly Tensor[], own: readonly (readonly Tensor[])[], isRandom: boolean) {
  try {
    const parts = splitTensors(given, own.map(() => 1));
    if (isRandom) return undefined;
    const isSame = parts.every((part, row) =>
      part.length === own[row]!.length && part.every((tensor, index) => isAlike(tensor, own[row]![index]!))
    );
    return isSame ? undefined : DEPENDENT;
  } catch (error) {
    if (!(error instanceof UnsplitError)) throw error;
    return ROWLESS;
  }
}

/** Runtimes sum in another order for more rows; what is less than this part of the largest value is that. */
const CLOSE: Readonly<Record<string, number>> = { FP16: 1e-2, BF16: 5e-2, FP32: 1e-3, FP64: 1e-6 };

function isAlike(one: Tensor, other: Tensor): boolean {
  if (one.shape.length !== other.shape.length || one.shape.some((size, at) => size !== other.shape[at])) return false;
  const [left, right] = [one.values(), other.values()];
  const close = CLOSE[one.datatype];
  if (close === undefined) return left.every((value, at) => String(value) === String(right[at]));
  const [a, b] = [left, right] as number[][] as [number[], number[]];
  const scale = a.reduce((most, value) => Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most, 0);
  return a.every((value, at) => Object.is(value, b[at]) || Math.abs(value - b[at]!) <= close * scale);
}

/** The rows of tensors, each alone; none where they have no rows in common. */
function singleRows(inputs: readonly Tensor[]): Row[] {
  const rows = rowsOf({ inputs, outputs: [] }, new Set()) ?? 0;
  return rows === 0 ? [] : splitTensors(inputs, Array(rows).fill(1));
}

/** One row that is like no other: small numbers, which may be places in a table, none of them 0. */
function madeUp({ name, datatype, shape }: TensorInfo, row: number, freeSize: number): Tensor {
  const sizes = shape.map((size, at) => at === 0 ? 1 : size < 0 ? freeSize : size);
  const count = sizes.reduce((product, size) => product * size, 1);
  const value = (at: number) => {
    if (datatype === "BOOL") return (at + row) % 2 === 1;
    if (datatype === "BYTES") return `${row + at % 3}`;
    return datatype in CLOSE ? ((row * 5 + at * 3) % 11 + 1) / 8 : (row + at) % 2 + 1;
  };
  const data = encodeData(datatype as Datatype, Array.from({ length: count }, (_, at) => value(at)), () => name);
  return new Tensor(name, { datatype: datatype as Datatype, shape: sizes, data });
}
