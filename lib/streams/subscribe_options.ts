import { StreamError } from "../errors.ts";
import type { SubscribeOptions } from "./stream.ts";

/** `SubscribeOptions` with its defaults filled in. */
export type SubscribePlan = Required<{ [Key in keyof SubscribeOptions]: NonNullable<SubscribeOptions[Key]> }>;

const MAX_RECORDS = 100;
/** `SubscribeOptions.maxTries` of whoever says nothing. */
export const MAX_TRIES = 5;
/** `SubscribeOptions.backoffMs` of whoever says nothing. */
export const BACKOFF_MS = 100;

/**
 * Checks who wants to read and how; every driver does it here.
 *
 * @throws {StreamError} Naming the first option that is wrong.
 */
export function planSubscription(path: string, options: SubscribeOptions): SubscribePlan {
  const { group, from = "start", maxRecords = MAX_RECORDS, maxTries = MAX_TRIES, backoffMs = BACKOFF_MS } = options;
  const wrong = typeof group !== "string" || group === ""
    ? "group has no name"
    : from instanceof Date
    ? Number.isNaN(from.getTime()) ? "from is an invalid date" : undefined
    : from !== "start" && from !== "end"
    ? `from is ${JSON.stringify(from)}; there are "start", "end" and a date`
    : undefined;
  const fault = wrong ?? wrongCount({ maxRecords, maxTries }) ??
    (Number.isFinite(backoffMs) && backoffMs >= 0 ? undefined : `backoffMs is ${backoffMs}; give 0 or more`);
  if (fault !== undefined) throw new StreamError(`Cannot subscribe to ${path}: ${fault}`);
  return { group, from, maxRecords, maxTries, backoffMs };
}

function wrongCount(counts: Readonly<Record<string, number>>): string | undefined {
  const wrong = Object.entries(counts).find(([, count]) => !(Number.isSafeInteger(count) && count >= 1));
  return wrong === undefined ? undefined : `${wrong[0]} is ${wrong[1]}; give a whole number, 1 or more`;
}
