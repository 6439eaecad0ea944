import { parseIsoTime } from "../iso_time.ts";
import { setImmediate } from "node:timers";
import { StepError } from "../errors.ts";
import type { Log } from "../graph/context.ts";
import type { EventInit } from "../graph/event.ts";
import type { Flow } from "./flow.ts";
import { consoleLog } from "./console_log.ts";

/** What of a row becomes the event's own: a field's name, or a function of the row. */
export type RowPart<Row, Value> = (keyof Row & string) | ((row: Row) => Value);

/** How rows become events. */
export interface FeedOptions<Row> {
  /** The event's key, text or a number. A row without one is skipped. Default: events have no key. */
  key?: RowPart<Row, string | number | bigint | null | undefined>;
  /** The event's time: a `Date`, ISO text, or milliseconds since 1970. A row without one is skipped. Default: now. */
  time?: RowPart<Row, Date | string | number | null | undefined>;
  /** The event's id, text or a number. A row without one is skipped. Default: a new one. */
  id?: RowPart<Row, string | number | bigint | null | undefined>;
  /** Ends the feeding before the next row. */
  signal?: AbortSignal;
  /** Where each skipped row is told, as an error. Default: the console. */
  log?: Log;
}

/** What came of a source. */
export interface Fed {
  /** Rows that entered the flow. */
  readonly sent: number;
  /** Rows that did not: they lack their key, time or id, or are not what the graph takes. Each is in the log. */
  readonly skipped: number;
}

const ROWS_BETWEEN_TURNS = 1_024; // a list in memory would else keep timers and sockets waiting until its end

/**
 * Sends every row of a source into a flow, one after another, and waits whenever the flow is full; resolves when all are in. What
 * becomes of them is told by the flow: close it to wait for the end. A source that fails rejects; what it gave before is in the flow.
 *
 * @example Rows whose key is missing are skipped and told
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { feed, reduce, serving } from "levada";
 *
 * const fn = serving("totals");
 * fn.setTopology("flow").to("sum", reduce(0, (sum, row: { user: string | null; paid: number }) => sum + row.paid));
 * const flow = await fn.start();
 *
 * const log = { debug() {}, info() {}, warn() {}, error() {} };
 * const rows = [{ user: "ana", paid: 3 }, { user: null, paid: 9 }, { user: "rui", paid: 4 }];
 * deepStrictEqual(await feed(flow, rows, { key: "user", log }), { sent: 2, skipped: 1 });
 * deepStrictEqual(await flow.close(), 7);
 * ```
 *
 * @param flow Where the rows go, each as the body of an event.
 * @param source Any list, generator or reader: `readCsv(path)`.
 */
export async function feed<Row>(
  flow: Flow,
  source: Iterable<Row> | AsyncIterable<Row>,
  options: FeedOptions<Row> = {},
): Promise<Fed> {
  const { signal } = options;
  const log = options.log ?? consoleLog();
  let number = 0;
  let skipped = 0;
  signal?.throwIfAborted();
  for await (const row of source) {
    number += 1;
    try {
      await flow.emit(row, eventOf(row, options));
    } catch (error) {
      if (!(error instanceof RowError) && !(error instanceof StepError)) throw error;
      skipped += 1;
      log.error(`Skipped row ${number}: ${error.message}`, { row: number });
    }
    if (number % ROWS_BETWEEN_TURNS === 0) await new Promise<void>((go) => setImmediate(go));
    signal?.throwIfAborted();
  }
  return { sent: number - skipped, skipped };
}

class RowError extends TypeError {}

function eventOf<Row>(row: Row, { key, time, id }: FeedOptions<Row>): EventInit {
  return {
    ...(key === undefined ? {} : { key: textOf(partOf(row, key), "key") }),
    ...(time === undefined ? {} : { time: timeOf(partOf(row, time)) }),
    ...(id === undefined ? {} : { id: textOf(partOf(row, id), "id") }),
  };
}

function partOf<Row>(row: Row, part: RowPart<Row, unknown>): unknown {
  if (typeof part === "function") return part(row);
  return row !== null && typeof row === "object" && Object.hasOwn(row, part) ? row[part] : undefined;
}

function textOf(value: unknown, what: string): string {
  if (typeof value === "string" || typeof value === "bigint" || Number.isFinite(value)) return String(value);
  throw new RowError(`its ${what} is ${value === null ? "null" : typeof value}, not a text or number`);
}

function timeOf(value: unknown): Date {
  const ms = typeof value === "string" ? parseIsoTime(value) : value;
  const time = new Date(ms instanceof Date || typeof ms === "number" ? ms : NaN);
  if (Number.isNaN(time.getTime())) throw new RowError("its time is no date, ISO text or count of milliseconds");
  return time;
}
