import { Buffer } from "node:buffer";
import { ENVELOPE, FOREIGN_HEADERS, FOREIGN_KEY, NO_VALUE } from "../record_headers.ts";

/** A header as Kafka has it: names are there as often as somebody wrote them, a value may be missing. */
export type KafkaHeader = readonly [name: Buffer | null, value: Buffer | null];

/** What a message has for its headers. */
export interface KafkaHeaders {
  readonly headers: Readonly<Record<string, string>>;
  /** Behind these, as they are. */
  readonly foreign: readonly KafkaHeader[];
  /** Where it is no text. */
  readonly foreignKey?: Buffer | undefined;
}

const NAME = /^[!#$%&'*+.^`|~\w-]+$/;
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/; // as it goes through `Headers` unchanged
const NONE: readonly KafkaHeader[] = [];

/**
 * The headers of a record, by their names in lower case, the last of each name. Those of another hand that would be others when they are
 * written again (capital letters, several of a name, no text, no value) are kept as they are in one more, `FOREIGN_HEADERS`.
 * A key that is no text is kept in one, too, and that there is no value is said by the content type.
 */
export function readKafkaHeaders(
  { headers: all, key, value }: { headers: readonly KafkaHeader[]; key: Buffer | null; value: Buffer | null },
): Record<string, string> {
  const headers: Record<string, string> = {};
  let changed: Set<string> | undefined; // most have none
  for (const [name, value] of all) {
    const own = textOf(name);
    const lower = own.toLowerCase();
    const text = textOf(value);
    const isSame = own === lower && (own.startsWith(ENVELOPE) ||
      (value !== null && !Object.hasOwn(headers, own) && VALUE.test(text) && NAME.test(own)));
    if (!isSame) (changed ??= new Set()).add(lower);
    headers[lower] = text;
  }
  if (key?.toString().includes("\ufffd")) headers[FOREIGN_KEY] = encode(key);
  if (value === null) {
    if (Object.hasOwn(headers, "content-type")) (changed ??= new Set()).add("content-type");
    headers["content-type"] = NO_VALUE;
  }
  if (changed !== undefined) {
    const kept = all.filter(([name]) => changed!.has(textOf(name).toLowerCase()));
    headers[FOREIGN_HEADERS] = kept.map(([name, value]) =>
      `${encode(name)}${value === null ? "" : `:${encode(value)}`}`
    )
      .join(",");
  }
  return headers;
}

/** The headers as they are written: those of another hand as they came, but the content type of a body that is another by now. */
export function writeKafkaHeaders(headers: Readonly<Record<string, string>>, isNull: boolean): KafkaHeaders {
  const { [FOREIGN_HEADERS]: text, [FOREIGN_KEY]: key } = headers;
  if (text === undefined && key === undefined && !isNull) return { headers, foreign: NONE };
  const all = (text ?? "").split(",").filter((entry) => entry !== "").map((entry): KafkaHeader => {
    const [name, value] = entry.split(":", 2);
    return [Buffer.from(name!, "base64"), value === undefined ? null : Buffer.from(value, "base64")];
  });
  const isType = ([name]: KafkaHeader) => textOf(name).toLowerCase() === "content-type";
  const type = all.findLast(isType)?.[1] ?? null;
  const foreign = isNull || textOf(type) === (headers["content-type"] ?? "") ? all : all.filter((one) => !isType(one));
  const gone = new Set([FOREIGN_HEADERS, FOREIGN_KEY, ...foreign.map(([name]) => textOf(name).toLowerCase())]);
  if (isNull) gone.add("content-type");
  return {
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !gone.has(name))),
    foreign,
    foreignKey: key === undefined ? undefined : Buffer.from(key, "base64"),
  };
}

/** By the buffer itself: a `TextDecoder` costs four times as much for so short a text. */
function textOf(bytes: Buffer | null): string {
  return bytes === null ? "" : bytes.toString();
}

function encode(bytes: Buffer | null): string {
  return (bytes ?? Buffer.alloc(0)).toString("base64");
}
