import { parseIsoTime } from "../iso_time.ts";
import { DataError } from "../errors.ts";
import { FileItem } from "./file_item.ts";
import { parseJsonLine } from "./json_line.ts";
import { localPath } from "./local_path.ts";
import { checkScan, type ScanOptions } from "./scan.ts";

/** How JSON lines are read. */
export interface ReadJsonLinesOptions extends Pick<ScanOptions, "columns" | "timeColumn" | "from" | "to"> {
  /** The longest line that is read, in bytes, 1 or more. Default 64 MiB. */
  maxLineBytes?: number;
}

const LONGEST_LINE = 64 * 2 ** 20;

/**
 * Reads a file with one JSON value a line, without holding more than a piece of it in memory. Empty lines are left out. An integer that
 * a number cannot hold exactly is a bigint. With `columns` or a time range each line has to be an object; times are ISO text or
 * milliseconds since 1970.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { readJsonLines } from "levada";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, '{"user":"ana","paid":[3,4]}\n{"user":"rui","paid":[]}\n');
 * deepStrictEqual(await Array.fromAsync(readJsonLines(path, { columns: ["user"] })), [{ user: "ana" }, { user: "rui" }]);
 * await Deno.remove(path);
 * ```
 *
 * @param path A path or a `file:` URL.
 * @throws {DataError} While it is read, if a line is no JSON or no UTF-8, or is too long; the message tells which.
 * @throws {Deno.errors.NotFound} If there is no such file.
 */
export async function* readJsonLines<Row = Record<string, unknown>>(
  path: string | URL,
  options: ReadJsonLinesOptions = {},
): AsyncGenerator<Row, void, undefined> {
  const file = localPath(path);
  const act = `read "${file}"`;
  checkScan(options, act);
  const { columns, timeColumn, from, to, maxLineBytes = LONGEST_LINE } = options;
  if (!(maxLineBytes >= 1)) throw new RangeError(`Cannot ${act}: maxLineBytes is ${maxLineBytes}, not 1 or more`);
  const item = new FileItem(file);
  if ((await item.stat()).kind === "directory") throw new DataError(`Cannot ${act}: it is a directory`);
  const isWhole = columns === undefined && from === undefined && to === undefined;
  let number = 0;
  for await (const line of linesOf(await item.stream(), { act, maxLineBytes })) {
    number += 1;
    if (line.trim() === "") continue;
    let row: unknown;
    try {
      row = parseJsonLine(line);
    } catch (error) {
      throw new DataError(`Cannot ${act}: line ${number} is no JSON: ${(error as Error).message.slice(0, 200)}`, {
        cause: error,
      });
    }
    if (isWhole) {
      yield row as Row;
      continue;
    }
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      throw new DataError(`Cannot ${act}: line ${number} is no object, so it has no columns`);
    }
    const fields = row as Record<string, unknown>;
    if (from !== undefined || to !== undefined) {
      const time = timeOf(fields[timeColumn!]);
      if (time === undefined) throw new DataError(`Cannot ${act}: "${timeColumn}" of line ${number} is no time`);
      if ((from !== undefined && time <= from.getTime()) || (to !== undefined && time > to.getTime())) continue;
    }
    yield (columns === undefined ? row : pick(fields, columns)) as Row;
  }
}

function pick(row: Record<string, unknown>, columns: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(columns.map((name) => [name, Object.hasOwn(row, name) ? row[name] : null]));
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === "string" ? parseIsoTime(value) : value;
  return typeof time === "number" && Number.isFinite(time) ? time : undefined;
}

interface LineOptions {
  readonly act: string;
  readonly maxLineBytes: number;
}

/** Cuts bytes at the ends of lines. */
async function* linesOf(
  stream: ReadableStream<Uint8Array>,
  { act, maxLineBytes }: LineOptions,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let number = 0;
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  const decode = (last: Uint8Array): string => {
    number += 1;
    const line = pieces.length === 0 ? last : joined([...pieces, last]);
    pieces = [];
    bytes = 0;
    try {
      return decoder.decode(line);
    } catch (error) {
      throw new DataError(`Cannot ${act}: line ${number} is no UTF-8`, { cause: error });
    }
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      if (bytes + end - start > maxLineBytes) throw tooLong();
      yield decode(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) {
      pieces.push(chunk.slice(start));
      bytes += chunk.length - start;
      if (bytes > maxLineBytes) throw tooLong();
    }
  }
  if (bytes > 0) yield decode(new Uint8Array());

  function tooLong(): DataError {
    return new DataError(`Cannot ${act}: line ${number + 1} is longer than ${maxLineBytes} bytes (maxLineBytes)`);
  }
}

const NEWLINE = 0x0a;

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
