/** Runs a flow of storey: what became of each event, what closing gave, and which failures were told. */

import { StepError } from "levada";
import { ManualClock } from "../../../support/manual_clock.ts";
import type { AnyFlow } from "../facade.ts";
import type { GoldenCase, GoldenEmit } from "../golden_case.ts";
import { field } from "../library/python.ts";
import { decodeSpecial } from "../special.ts";
import { within } from "../within.ts";
import type { StoreyFlow } from "./build.ts";

/** What something gave, or how it failed. */
export type Settled = { readonly result: unknown } | { readonly raises: Error };

/** A failure that somebody was told of: the caller who waited for the answer, or the log. */
export interface ToldFailure {
  readonly id: string;
  readonly step: string;
  readonly message: string;
}

/** One run of a flow, from start to end. */
export interface StoreyRun {
  /** One an emit; `result: null` where nothing answers. */
  readonly results: readonly Settled[];
  readonly termination: Settled;
  readonly failures: readonly ToldFailure[];
}

/** Starts a flow, sends every event in, and closes it. */
export async function runStorey(
  { fn, answers, keyField }: StoreyFlow,
  { emits = [] }: GoldenCase,
  limitMs: number,
): Promise<StoreyRun> {
  const times = emits.flatMap(({ time }) => time === undefined ? [] : [Date.parse(time)]);
  const clock = new ManualClock(Math.max(0, ...times)); // what is recorded lay in the past when it was
  const failures: ToldFailure[] = [];
  const flow = await fn.start({ clock, log: failureLog(failures) });
  const results: Settled[] = [];
  for (const [index, emit] of emits.entries()) {
    if (emit.pause !== undefined) await clock.advance(emit.pause * 1_000);
    const id = emit.id ?? `event ${index}`;
    const sent = await settle(() => send(flow, { ...emit, id }, { answers, keyField }));
    if ("raises" in sent && sent.raises instanceof StepError) failures.push(toldBy(sent.raises, id));
    results.push(sent);
  }
  const closing = settle(() => flow.close());
  const termination = await within(moveUntil(closing, clock), limitMs);
  return { results, termination: termination ?? { raises: new Error("closing takes too long") }, failures };
}

async function send(
  flow: AnyFlow,
  { body: given, id, key, time }: GoldenEmit,
  { answers, keyField }: Pick<StoreyFlow, "answers" | "keyField">,
): Promise<unknown> {
  const body = decodeSpecial(given);
  const options = {
    id,
    key: key ?? (keyField === undefined ? undefined : String(field(body, keyField))),
    ...(time === undefined ? {} : { time: new Date(time) }),
  };
  if (answers) return await flow.ask(body, options);
  await flow.emit(body, options);
  return null;
}

async function settle(act: () => Promise<unknown>): Promise<Settled> {
  try {
    return { result: await act() };
  } catch (error) {
    return { raises: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** Lets time pass, so that pauses between retries end, until a promise is settled. */
async function moveUntil<Value>(promise: Promise<Value>, clock: ManualClock): Promise<Value> {
  let isOver = false;
  const watched = promise.finally(() => isOver = true);
  for (let turn = 0; !isOver; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0)); // what handlers themselves wait for
    if (turn > 3) await clock.advance(100);
  }
  return await watched;
}

function failureLog(failures: ToldFailure[]) {
  const silent = () => {};
  return {
    debug: silent,
    info: silent,
    warn: silent,
    error(message: string, { event, step }: { event?: string; step?: string } = {}) {
      failures.push({ id: event ?? "", step: step ?? "", message });
    },
  };
}

function toldBy({ step, message }: StepError, id: string): ToldFailure {
  return { id, step, message };
}
