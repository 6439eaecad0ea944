import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import type { KeyedTable, TableRow } from "../graph/keyed_table.ts";
import { andThen } from "../graph/later.ts";
import type { Code, Operator, Reaction, StepDefinition, StepScope } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { fieldsOf } from "./body/fields_of.ts";
import { keyReader, splitOption } from "./body/key_reader.ts";

/** How events find their row, and what becomes of both. */
export interface JoinWithTableOptions<In, Out> {
  /** The field of the body, or the function of it, that is the key: text or a number. Default: the event's key. */
  key?: (keyof In & string) | ((body: In) => string | number);
  /** Which fields of the row are taken. Default: all. */
  attributes?: readonly string[];
  /** Whether an event without a row ends here. Default false: it goes on as it is. */
  inner?: boolean;
  /**
   * Makes the new body of the body and the row, which is undefined where there is none; null and undefined end the event. Default:
   * the body with the fields of the row, which replace its own.
   */
  join?: (body: In, row: TableRow | undefined) => Maybe<Out | null | undefined>;
}

const OPTIONS = z.strictObject({
  table: z.string().min(1),
  key: z.string().min(1).optional(),
  attributes: z.array(z.string().min(1)).optional(),
  inner: z.boolean().optional(),
});

/** What `joinWithTable` does with events. */
export const JOIN_WITH_TABLE: StepDefinition = {
  kind: "joinWithTable",
  shape: "box",
  table: "reads",
  options: OPTIONS,
  code: { key: "optional", join: "optional" },
  canDrop: true,
  open: ({ options, code }, scope) => new JoinWithTable(OPTIONS.parse(options), code, scope),
};

class JoinWithTable implements Operator {
  readonly #options: z.infer<typeof OPTIONS>;
  readonly #join: Code | undefined;
  readonly #scope: StepScope;
  readonly #table: KeyedTable;
  readonly #keyOf: (event: FlowEvent) => string | undefined;
  readonly #act: string;

  constructor(options: z.infer<typeof OPTIONS>, { key, join }: Readonly<Record<string, Code>>, scope: StepScope) {
    this.#options = options;
    this.#join = join;
    this.#scope = scope;
    this.#table = scope.context.table(options.table);
    this.#act = `join the event with table "${options.table}"`;
    this.#keyOf = keyReader({ field: options.key, fn: key, act: this.#act }, scope);
  }

  process(event: FlowEvent): Reaction | Promise<Reaction> {
    const key = this.#keyOf(event);
    if (key === undefined) {
      throw new TypeError(`Cannot ${this.#act}: it has no key. Say where it is: joinWithTable("…", { key: "field" })`);
    }
    return andThen(this.#table.get(key), (row) => this.#take(event, row));
  }

  #take(event: FlowEvent, row: TableRow | undefined): Reaction | Promise<Reaction> {
    const { inner, attributes } = this.#options;
    if (row === undefined && inner === true) return [];
    const taken = row === undefined || attributes === undefined ? row : part(row, attributes);
    const body = this.#scope.read(event);
    if (this.#join === undefined) return this.#write(event, { ...fieldsOf(body, this.#act), ...taken });
    const joined = this.#join(body, taken);
    return andThen(joined, (value: unknown) => this.#write(event, value));
  }

  #write(event: FlowEvent, joined: unknown): Reaction {
    if (joined === undefined || joined === null) return [];
    this.#scope.write(event, joined);
    return event;
  }
}

function part(row: TableRow, attributes: readonly string[]): TableRow {
  return Object.fromEntries(attributes.flatMap((name) => Object.hasOwn(row, name) ? [[name, row[name]]] : []));
}

/**
 * Adds to each event what a table says of its key: the age of the user who bought. The table is the one that `context.table` gives
 * for this name; rows are handed in by `fn.addTable`, or put in by other steps.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { joinWithTable, serving } from "levada";
 *
 * const fn = serving("purchases").addTable("users", [{ user: "ana", age: 31 }], { key: "user" });
 * fn.setTopology("flow").to("user", joinWithTable<{ user: string }>("users", { key: "user" })).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", { user: "ana" }), { user: "ana", age: 31 });
 * deepStrictEqual(await server.test("/", { user: "bo" }), { user: "bo" });
 * ```
 *
 * @param table The name of the table.
 * @param options How events find their row, and what becomes of both.
 */
export function joinWithTable<In, Row extends object = TableRow, Out = In & Partial<Row>>(
  table: string,
  options: JoinWithTableOptions<In, Out> = {},
): ReadyStep<In, Out> {
  const { key, join, ...data } = options;
  const keys = splitOption("key", key);
  return new ReadyStep(JOIN_WITH_TABLE, { table, ...data, ...keys.data }, {
    ...keys.code,
    ...(join === undefined ? {} : { join }),
  });
}
