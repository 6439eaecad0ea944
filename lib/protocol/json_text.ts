import { FlowEvent } from "../graph/event.ts";

const DEEPEST = 500; // JSON readers elsewhere give up at about this depth

/**
 * Writes a value as JSON without a loss; typed arrays become lists, what has `toJSON` answers for itself.
 *
 * @example What JSON cannot hold is an error that names the place
 * ```ts
 * import { deepStrictEqual, throws } from "node:assert/strict";
 * import { jsonText } from "./json_text.ts";
 *
 * deepStrictEqual(jsonText({ scores: new Float32Array([0.5, 1]) }, "send the reply"), '{"scores":[0.5,1]}');
 * throws(() => jsonText({ outputs: [1, NaN] }, "send the reply"), /Cannot send the reply as JSON: outputs\[1\] is NaN/);
 * ```
 *
 * @param act What cannot be done where it fails: `send the reply`.
 * @throws {TypeError} If JSON cannot hold the value as it is, naming where: `outputs[3] is NaN`.
 */
export function jsonText(value: unknown, act: string): string {
  return JSON.stringify(plain(value, { act, path: "", depth: 0 }));
}

interface Spot {
  readonly act: string;
  readonly path: string;
  readonly depth: number;
}

function plain(value: unknown, spot: Spot): unknown {
  if (spot.depth > DEEPEST) throw lossy(spot, `more than ${DEEPEST} levels deep`);
  if (typeof value === "number" && !Number.isFinite(value)) throw lossy(spot, String(value));
  if (typeof value === "bigint" && !Number.isSafeInteger(Number(value))) throw lossy(spot, `the integer ${value}`);
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "function" || typeof value === "symbol") throw lossy(spot, `a ${typeof value}`);
  if (typeof value !== "object" || value === null) return value;
  if ("toJSON" in value) return value;
  if (value instanceof FlowEvent) throw lossy(spot, "an event, whose body would be data");
  if (value instanceof Map || value instanceof Set) throw lossy(spot, `a ${value.constructor.name}`);
  if (Array.isArray(value)) return value.map((item, index) => plain(item, at(spot, `[${index}]`)));
  if (ArrayBuffer.isView(value)) {
    return Array.from(value as Uint8Array, (item, index) => plain(item, at(spot, `[${index}]`)));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, plain(item, at(spot, spot.path === "" ? key : `.${key}`))]),
  );
}

function at({ act, path, depth }: Spot, part: string): Spot {
  return { act, path: path + part, depth: depth + 1 };
}

function lossy({ act, path }: Spot, what: string): TypeError {
  return new TypeError(
    `Cannot ${act} as JSON: ${path || "it"} is ${what}. Return text, numbers, lists and plain objects`,
  );
}
