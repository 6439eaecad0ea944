import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import type { TableRow } from "../graph/keyed_table.ts";
import { andThen } from "../graph/later.ts";
import type { Code, Operator, Reaction, StepDefinition, StepScope } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { appendFields } from "./body/append_fields.ts";
import { fieldsOf } from "./body/fields_of.ts";
import { keyReader, splitOption } from "./body/key_reader.ts";
import { timeReader } from "./body/time_reader.ts";
import type { WindowValue } from "./windows/window_fields.ts";
import { type Found, type WindowsIn, windowsIn } from "./windows/windows_in.ts";

/** Where features are read, and what becomes of them. */
export interface QueryByKeyOptions<In, Out> {
  /** The name of the table. */
  readonly table: string;
  /** The field of the body, or the function of it, that is the key: text or a number. Default: the event's key. */
  readonly key?: (keyof In & string) | ((body: In) => string | number);
  /** The time as of which windows are read, as `aggregateByKey` takes it. Default: the event's time. */
  readonly time?: (keyof In & string) | ((body: In) => Date | string | number);
  /** Which fixed window is read: the one that is going on, or the last one that is over. Default `open`. */
  readonly fixedWindow?: "open" | "lastClosed";
  /** Makes the new body of the body and the features. Default: both together; where they have a field in common, the body's stays. */
  readonly join?: (body: In, features: Record<string, unknown>) => Maybe<Out>;
}

const OPTIONS = z.strictObject({
  features: z.array(z.string().min(1)).min(1),
  table: z.string().min(1),
  key: z.string().min(1).optional(),
  time: z.string().min(1).optional(),
  fixedWindow: z.enum(["open", "lastClosed"]).optional(),
});

/** What `queryByKey` does with events. */
export const QUERY_BY_KEY: StepDefinition = {
  kind: "queryByKey",
  shape: "box",
  table: "reads",
  options: OPTIONS,
  code: { key: "optional", time: "optional", join: "optional" },
  open: ({ options, code }, scope) => new QueryByKey(OPTIONS.parse(options), code, scope),
};

class QueryByKey implements Operator {
  readonly #options: z.infer<typeof OPTIONS>;
  readonly #join: Code | undefined;
  readonly #scope: StepScope;
  readonly #windows: WindowsIn;
  readonly #keyOf: (event: FlowEvent) => string | undefined;
  readonly #timeOf: (event: FlowEvent) => number;
  readonly #act: string;
  #found: ReadonlyMap<string, Found | undefined> | undefined;

  constructor(options: z.infer<typeof OPTIONS>, code: Readonly<Record<string, Code>>, scope: StepScope) {
    this.#options = options;
    this.#join = code.join;
    this.#scope = scope;
    this.#windows = windowsIn(options.table, scope);
    this.#act = `query table "${options.table}"`;
    this.#keyOf = keyReader({ field: options.key, fn: code.key, act: this.#act }, scope);
    this.#timeOf = timeReader({ field: options.time, fn: code.time, act: this.#act }, scope);
  }

  process(event: FlowEvent): Reaction | Promise<Reaction> {
    const key = this.#keyOf(event);
    if (key === undefined) {
      throw new TypeError(`Cannot ${this.#act}: the event has no key. Say where it is: { key: "field" }`);
    }
    const time = this.#timeOf(event);
    const found = this.#found ??= new Map(this.#options.features.map((name) => [name, this.#windows.find(name)]));
    const needsRow = [...found.values()].includes(undefined);
    const row = needsRow ? this.#scope.context.table(this.#options.table).get(key) : undefined;
    return andThen(row, (known) => this.#take(event, this.#features(key, time, known)));
  }

  #features(key: string, time: number, row: TableRow | undefined): TableRow {
    return Object.fromEntries([...this.#found!].map(([name, found]) => {
      if (found === undefined) return [name, row !== undefined && Object.hasOwn(row, name) ? row[name] ?? null : null];
      const { windows, plan, window } = found;
      const isBefore = this.#options.fixedWindow === "lastClosed" && plan.isFixed;
      const asOf = isBefore ? time - window.lengthMs : time;
      return [name, windows.value(windows.stateOf(key), { ...found, time: asOf })];
    }));
  }

  #take(event: FlowEvent, features: TableRow): Reaction | Promise<Reaction> {
    const body = this.#scope.read(event);
    const write = (value: unknown) => {
      this.#scope.write(event, value);
      return event;
    };
    if (this.#join === undefined) return write(appendFields(fieldsOf(body, this.#act), features));
    return andThen(this.#join(body, features), write);
  }
}

/**
 * Adds to each event what is known of its key, without counting it: what `aggregateByKey` keeps in this table, by the names of its
 * fields, and fields of the table's row. What is not known is null. Windows are read as of the event's time.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { aggregateByKey, choice, queryByKey, serving } from "levada";
 *
 * const fn = serving("clicks").addTable("users", { ana: { city: "Funchal" } });
 * const ways = fn.setTopology("flow").to("way", choice((body: { user: string; ask?: boolean }) => body.ask ? "ask" : "count"));
 * ways.to("count", aggregateByKey({
 *   key: "user",
 *   table: "users",
 *   aggregations: [{ name: "n", value: () => 1, operations: ["count"], windows: ["1h"], period: "1m" }],
 * }));
 * ways.to("ask", queryByKey(["n_count_1h", "city"], { key: "user", table: "users" })).respond();
 *
 * await using server = await fn.toMockServer();
 * for (let click = 0; click < 3; click++) await server.test("/", { user: "ana" });
 * deepStrictEqual(await server.test("/", { user: "ana", ask: true }), {
 *   user: "ana",
 *   ask: true,
 *   n_count_1h: 3,
 *   city: "Funchal",
 * });
 * ```
 *
 * @param features Names of fields that `aggregateByKey` makes, and of fields of the table's rows.
 * @param options Where features are read, and what becomes of them.
 */
export function queryByKey<
  In,
  const Names extends readonly string[] = readonly string[],
  Out = In & { [Name in Names[number]]: Name extends keyof In ? In[Name] : WindowValue<Name> | null },
>(features: Names, options: QueryByKeyOptions<In, Out>): ReadyStep<In, Out> {
  const { key, time, join, ...data } = options;
  const [keys, times] = [splitOption("key", key), splitOption("time", time)];
  return new ReadyStep(QUERY_BY_KEY, { features, ...data, ...keys.data, ...times.data }, {
    ...keys.code,
    ...times.code,
    ...(join === undefined ? {} : { join }),
  });
}
