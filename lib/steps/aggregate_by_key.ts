import { z } from "zod";
import { DURATION, type Duration, parseDuration } from "../graph/duration.ts";
import { FlowEvent } from "../graph/event.ts";
import { andThen } from "../graph/later.ts";
import type { Code, Operator, Reaction, StepDefinition, StepScope, StepSpec } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { AfterEvents } from "./windows/after_events.ts";
import { checkAggregations, splitAggregations, valueReader } from "./windows/aggregation.ts";
import { type Emission, EMIT_POLICY, type EmitPolicy, EveryEvent } from "./windows/emission.ts";
import { appendFields } from "./body/append_fields.ts";
import { fieldsOf } from "./body/fields_of.ts";
import { keyReader, splitOption } from "./body/key_reader.ts";
import { OnBoundary } from "./windows/on_boundary.ts";
import { timeReader } from "./body/time_reader.ts";
import type { Aggregated, Aggregations } from "./windows/window_fields.ts";
import { AGGREGATION, WindowPlan } from "./windows/window_plan.ts";
import { type KeyState, WindowTable } from "./windows/window_table.ts";
import { windowsIn } from "./windows/windows_in.ts";

/** What is aggregated, and what becomes of the events. */
export interface AggregateByKeyOptions<In, Aggs extends Aggregations<In>, Emit extends EmitPolicy | undefined, Out> {
  /**
   * The field of the body, or the function of it, that is the key: text or a number. Default: the event's key, and all events
   * without one together.
   */
  readonly key?: (keyof In & string) | ((body: In) => string | number);
  /** The field, or the function, that is the time: a date, text as ISO 8601, or milliseconds since 1970. Default: the event's time. */
  readonly time?: (keyof In & string) | ((body: In) => Date | string | number);
  /** The values, and over which windows; names are unique in a table. */
  readonly aggregations: Aggs;
  /** The table whose keys the windows belong to, so that `queryByKey` finds them. Default: only this step has them. */
  readonly table?: string;
  /**
   * How much older than the newest event of its key an event may be. One that is older still goes on as it came, without the fields,
   * and is counted as `late`. Default: the longest window.
   */
  readonly lateness?: Duration;
  /**
   * How far ahead of the flow's clock an event's time may be. One that is further ahead still goes on as it came, without the fields,
   * and is counted as `tooEarly`: one wrong time would make every later event of its key too late. For a replay of times to come, or
   * on a test clock that stands before the data, say more. Default: the longest window, at least a day.
   */
  readonly maxAhead?: Duration;
  /** When something is given out. Default: for every event. */
  readonly emit?: Emit;
  /** Makes the new body of the body and the fields. Default: both together; where they have a field in common, the body's stays. */
  readonly join?: (body: In, fields: Record<string, unknown>) => Maybe<Out>;
}

const OPTIONS = z.strictObject({
  key: z.string().min(1).optional(),
  time: z.string().min(1).optional(),
  aggregations: z.array(AGGREGATION).min(1),
  table: z.string().min(1).optional(),
  lateness: DURATION.optional(),
  maxAhead: DURATION.optional(),
  emit: EMIT_POLICY.optional(),
});

/** What `aggregateByKey` does with events. */
export const AGGREGATE_BY_KEY: StepDefinition = {
  kind: "aggregateByKey",
  shape: "box3d",
  table: "fills",
  options: OPTIONS,
  code: { key: "optional", time: "optional", join: "optional" },
  canDrop: true,
  holds: true, // and a run that is tried again would count twice
  check({ options, code }) {
    const parsed = OPTIONS.safeParse(options);
    if (!parsed.success) return [];
    const faults = checkAggregations(parsed.data.aggregations, code);
    if (parsed.data.emit?.after !== undefined && code.join !== undefined) {
      faults.push({
        cause: `join has no meaning with emit after a ${parsed.data.emit.after}, which gives out keys, not events`,
        cure: "Change the body in a step behind",
        severity: "error",
      });
    }
    return faults;
  },
  open: ({ options, code, name }, scope) => new AggregateByKey(OPTIONS.parse(options), { code, name }, scope),
};

const ACT = "aggregate the event";
const DAY_MS = 86_400_000; // a clock in another time zone is no wrong time

class AggregateByKey implements Operator {
  readonly #join: Code | undefined;
  readonly #scope: StepScope;
  readonly #windows: WindowTable;
  readonly #aheadMs: number;
  readonly #emission: Emission;
  readonly #keyOf: (event: FlowEvent) => string | undefined;
  readonly #timeOf: (event: FlowEvent) => number;
  readonly #values: readonly ((body: unknown) => unknown)[];

  constructor(
    options: z.infer<typeof OPTIONS>,
    { code, name }: Pick<StepSpec, "code" | "name">,
    scope: StepScope,
  ) {
    const plans = options.aggregations.map((aggregation) => new WindowPlan(aggregation));
    this.#join = code.join;
    this.#scope = scope;
    this.#keyOf = keyReader({ field: options.key, fn: code.key, act: ACT }, scope);
    this.#timeOf = timeReader({ field: options.time, fn: code.time, act: ACT }, scope);
    this.#values = options.aggregations.map((aggregation, index) =>
      valueReader(aggregation, { isNumeric: plans[index]!.isNumeric, code })
    );
    this.#windows = new WindowTable(
      plans,
      options.lateness === undefined ? undefined : parseDuration(options.lateness),
    );
    this.#aheadMs = options.maxAhead === undefined
      ? Math.max(DAY_MS, ...plans.map(({ longestMs }) => longestMs))
      : parseDuration(options.maxAhead);
    if (options.table !== undefined) windowsIn(options.table, scope).add(this.#windows, name);
    this.#emission = this.#emissionOf(options.emit);
  }

  process(event: FlowEvent): Reaction | Promise<Reaction> {
    const key = this.#keyOf(event) ?? "";
    const time = this.#timeOf(event);
    const body = this.#scope.read(event);
    if (this.#join === undefined) fieldsOf(body, ACT); // before anything is counted
    const values = this.#values.map((valueOf) => valueOf(body));
    const now = this.#scope.clock.now();
    const isTooEarly = time > now + this.#aheadMs;
    const state = isTooEarly ? undefined : this.#windows.add(key, values, { time, now });
    if (state === undefined) {
      this.#scope.count(isTooEarly ? "tooEarly" : "late");
      return this.#emission.takeLate(event);
    }
    return this.#emission.take({ event, state, finish: () => this.#finish(event, state, time) });
  }

  flush(): void | Promise<void> {
    return this.#emission.flush();
  }

  close(): void {
    this.#emission.close();
  }

  #finish(event: FlowEvent, state: KeyState, time: number): FlowEvent | Promise<FlowEvent> {
    const fields = this.#windows.fields(state, time);
    const body = this.#scope.read(event);
    const write = (value: unknown) => {
      this.#scope.write(event, value);
      return event;
    };
    if (this.#join === undefined) return write(appendFields(fieldsOf(body, ACT), fields));
    return andThen(this.#join(body, fields), write);
  }

  #emissionOf(policy: z.infer<typeof EMIT_POLICY> | undefined): Emission {
    if (policy === undefined) return new EveryEvent();
    const { afterEvents, timeoutMs, after, delayMs = 0 } = policy;
    if (afterEvents !== undefined) return new AfterEvents({ afterEvents, timeoutMs }, this.#scope);
    const { plans } = this.#windows;
    const everyMs = Math.min(
      ...(after === "period"
        ? plans.map(({ bucketMs }) => bucketMs)
        : plans.flatMap(({ windows }) => windows.map(({ lengthMs }) => lengthMs))),
    );
    const give = ({ key, ...rest }: KeyState, time: number, asOf: number) => {
      const date = new Date(asOf);
      const body = { key, time: date, ...this.#windows.fields({ key, ...rest }, time) };
      this.#scope.begin(new FlowEvent(body, { key, time: date }));
    };
    return new OnBoundary({ everyMs, delayMs, give }, this.#windows, this.#scope);
  }
}

/**
 * Works out values over the last hour, day or other windows of time, for each key: how much a user spent, how often a sensor failed.
 * Time is that of the events, so a replay gives what the stream gave. Every window is put together of buckets each time, so sums do
 * not drift. Fields are called `<name>_<operation>_<window>`; a window without values has count 0 and null for the rest.
 *
 * Times are bounded both ways, see `lateness` and `maxAhead`. An event that comes late is counted where it belongs, gets what is known as of its own time, and counts for all that come after
 * it. Kept are, for each key, the buckets of its longest window and lateness; a key is forgotten when nothing of it can be in a
 * window any more, by the events' times and by the clock. Windows live as long as the flow.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { aggregateByKey, serving } from "levada";
 *
 * const fn = serving("spending");
 * fn.setTopology("flow")
 *   .to("purchase", (purchase: { user: string; amount: number; at: string }) => purchase)
 *   .to("spent", aggregateByKey({
 *     key: "user",
 *     time: "at",
 *     aggregations: [{ name: "amount", column: "amount", operations: ["sum", "count"], windows: ["1h"], period: "10m" }],
 *   }))
 *   .to("much", (body) => [body.amount_count_1h, body.amount_sum_1h])
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", { user: "ana", amount: 5, at: "2024-01-01T10:00:00Z" }), [1, 5]);
 * deepStrictEqual(await server.test("/", { user: "ana", amount: 7, at: "2024-01-01T10:30:00Z" }), [2, 12]);
 * deepStrictEqual(await server.test("/", { user: "ana", amount: 9, at: "2024-01-01T11:00:00Z" }), [2, 16]);
 * ```
 */
export function aggregateByKey<
  In,
  const Aggs extends Aggregations<In> = Aggregations<In>,
  const Emit extends EmitPolicy | undefined = undefined,
  Out = Aggregated<In, Aggs, Emit>,
>(options: AggregateByKeyOptions<In, Aggs, Emit, Out>): ReadyStep<In, Out> {
  const { key, time, aggregations, join, ...data } = options;
  const [keys, times] = [splitOption("key", key), splitOption("time", time)];
  const split = splitAggregations(aggregations);
  return new ReadyStep(
    AGGREGATE_BY_KEY,
    { ...data, ...keys.data, ...times.data, aggregations: split.data },
    { ...keys.code, ...times.code, ...split.code, ...(join === undefined ? {} : { join }) },
  );
}
