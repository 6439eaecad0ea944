import { copyData, define } from "../flow/copy.ts";
import { TensorReply } from "../tensor/tensor_reply.ts";
import { comparable, isOpaque, plainOf } from "./answer_difference.ts";

/** What was answered, as it was then; throws where it could not be kept. */
export type KeptAnswer = () => unknown;

/**
 * Keeps what of an answer can be compared, as it is now: later steps may write to the answer itself. What shows no values is kept as it
 * is; what is nested too deeply throws when it is wanted, not here.
 */
export function keepAnswer(answer: unknown): KeptAnswer {
  try {
    const now = answer instanceof TensorReply ? copyData(answer) : kept(comparable(answer), new Map());
    return () => now;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function kept(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const earlier = seen.get(value);
  if (earlier !== undefined) return earlier;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return (value as Uint8Array).slice();
  const plain = plainOf(value);
  if (typeof plain !== "object" || plain === null) return plain;
  if (Array.isArray(plain)) {
    const items: unknown[] = [];
    seen.set(value, items);
    for (const item of plain) items.push(kept(item, seen));
    return items;
  }
  if (isOpaque(plain as Record<string, unknown>)) return plain;
  const fields: Record<string, unknown> = {};
  seen.set(value, fields);
  for (const [key, item] of Object.entries(plain)) define(fields, key, kept(item, seen));
  return fields;
}
