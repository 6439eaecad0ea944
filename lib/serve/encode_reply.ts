import type { ReplyBody } from "../errors.ts";

/**
 * Writes a reply: text as text, bytes as bytes, a `Response` as it is, undefined as 204, everything else as JSON.
 *
 * @throws {TypeError} If JSON cannot hold the value as it is, naming where: `outputs[3] is NaN`.
 */
export function encodeReply(value: unknown, id: string): Response {
  if (value instanceof Response) return value;
  if (value === undefined) return new Response(null, { status: 204, headers: { "x-event-id": id } });
  if (typeof value === "string") return reply(value, "text/plain; charset=utf-8");
  if (value instanceof Uint8Array) return reply(value as Uint8Array<ArrayBuffer>, "application/octet-stream");
  return reply(JSON.stringify(jsonOf(value, "", 0)), "application/json");
}

/** Writes a reply that says what went wrong. */
export function encodeError(status: number, body: ReplyBody): Response {
  return Response.json(body, { status });
}

function reply(body: string | Uint8Array<ArrayBuffer>, type: string): Response {
  return new Response(body, { headers: { "content-type": type } });
}

const DEEPEST = 500; // JSON readers elsewhere give up at about this depth

/** What JSON writes without a loss; typed arrays become lists, what has `toJSON` answers for itself. */
function jsonOf(value: unknown, path: string, depth: number): unknown {
  if (depth > DEEPEST) throw lossy(path, `more than ${DEEPEST} levels deep`);
  if (typeof value === "number" && !Number.isFinite(value)) throw lossy(path, String(value));
  if (typeof value === "bigint" && !Number.isSafeInteger(Number(value))) throw lossy(path, `the integer ${value}`);
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "function" || typeof value === "symbol") throw lossy(path, `a ${typeof value}`);
  if (typeof value !== "object" || value === null) return value;
  if ("toJSON" in value) return value;
  if (value instanceof Map || value instanceof Set) throw lossy(path, `a ${value.constructor.name}`);
  if (Array.isArray(value)) return value.map((item, index) => jsonOf(item, `${path}[${index}]`, depth + 1));
  if (ArrayBuffer.isView(value)) {
    return Array.from(value as Uint8Array, (item, index) => jsonOf(item, `${path}[${index}]`, depth));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, jsonOf(item, path === "" ? key : `${path}.${key}`, depth + 1)]),
  );
}

function lossy(path: string, what: string): TypeError {
  return new TypeError(
    `Cannot send the reply as JSON: ${path || "it"} is ${what}. Return text, numbers, lists and plain objects`,
  );
}
