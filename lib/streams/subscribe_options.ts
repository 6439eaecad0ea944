import { Buffer } from "node:buffer";
import { StreamError } from "../errors.ts";
import type { SubscribeOptions } from "./stream.ts";

/** `SubscribeOptions` with its defaults filled in. */
export type SubscribePlan = Required<{ [Key in keyof SubscribeOptions]: NonNullable<SubscribeOptions[Key]> }>;

const LONGEST_GROUP = 255; // bytes: brokers have it in names of their own, some twice as long
const SHOWN = 40; // letters of a wrong one
const MAX_RECORDS = 100;
/** `SubscribeOptions.maxTries` of whoever says nothing. */
export const MAX_TRIES = 5;
/** `SubscribeOptions.backoffMs` of whoever says nothing. */
export const BACKOFF_MS = 100;

/**
 * Checks who wants to read and how; every driver does it here.
 *
 * @param ofBroker What a broker does not take of a group's name that others do.
 * @throws {StreamError} Naming the first option that is wrong.
 */
export function planSubscription(
  path: string,
  options: SubscribeOptions,
  ofBroker?: (group: string) => string | undefined,
): SubscribePlan {
  const { group, from = "start", maxRecords = MAX_RECORDS, maxTries = MAX_TRIES, backoffMs = BACKOFF_MS } = options;
  const wrong = groupFault(group, ofBroker) ??
    (from instanceof Date
      ? Number.isNaN(from.getTime()) ? "from is an invalid date" : undefined
      : from !== "start" && from !== "end"
      ? `from is ${JSON.stringify(from)}; there are "start", "end" and a date`
      : undefined);
  const fault = wrong ?? wrongCount({ maxRecords, maxTries }) ??
    (Number.isFinite(backoffMs) && backoffMs >= 0 ? undefined : `backoffMs is ${backoffMs}; give 0 or more`);
  if (fault !== undefined) throw new StreamError(`Cannot subscribe to ${path}: ${fault}`);
  return { group, from, maxRecords, maxTries, backoffMs };
}

/** What is wrong with a group's name, in every kind of stream or (`ofBroker`) in this one. */
export function groupFault(group: unknown, ofBroker?: (group: string) => string | undefined): string | undefined {
  if (typeof group !== "string" || group === "") return "group has no name";
  const bytes = Buffer.byteLength(group);
  const fault = !group.isWellFormed()
    ? "has half a character (a lone surrogate)"
    : /[\p{Cc}\p{Cf}]/u.test(group)
    ? "has a control character, or one that is not seen"
    : bytes > LONGEST_GROUP
    ? `has ${bytes} bytes; give ${LONGEST_GROUP} or fewer`
    : ofBroker?.(group);
  return fault === undefined ? undefined : `group ${JSON.stringify(group.slice(0, SHOWN))} ${fault}`;
}

function wrongCount(counts: Readonly<Record<string, number>>): string | undefined {
  const wrong = Object.entries(counts).find(([, count]) => !(Number.isSafeInteger(count) && count >= 1));
  return wrong === undefined ? undefined : `${wrong[0]} is ${wrong[1]}; give a whole number, 1 or more`;
}
