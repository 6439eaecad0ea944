/** Credentials that somebody gives for a while. */

import { StoreError } from "../../errors.ts";
import { fetchPrivately } from "../../private_fetch.ts";

/** What was given, and until when it holds, in milliseconds since 1970. */
export interface Issued<Value> {
  readonly value: Value;
  readonly until: number;
}

/** What an issuer is asked. */
export interface IssuerQuestion extends RequestInit {
  readonly url: string;
  /** What the credentials are for, for messages. */
  readonly uri: string;
  readonly signal: AbortSignal | null;
}

const SPARE_MS = 60_000; // what ends within a minute is not used any more
const ANSWER_MS = 10_000;
const given = new Map<string, Promise<Issued<unknown>>>();

/** Asks once for all who wait, and again when what was given ends. */
export async function issuedOnce<Value>(key: string, ask: () => Promise<Issued<Value>>): Promise<Value> {
  const before = given.get(key) as Promise<Issued<Value>> | undefined;
  const last = await before?.catch(() => undefined);
  if (last !== undefined && last.until - SPARE_MS > Date.now()) return last.value;
  if (given.get(key) !== before) return await issuedOnce(key, ask); // somebody has asked meanwhile
  const asked = ask();
  given.set(key, asked);
  try {
    return (await asked).value;
  } catch (error) {
    if (given.get(key) === asked) given.delete(key);
    throw error;
  }
}

/**
 * Asks who issues credentials.
 *
 * @throws {StoreError} If they cannot be reached, or refuse; what they say is not told, since it may repeat what was sent.
 */
export async function askIssuer({ url, uri, signal, ...init }: IssuerQuestion): Promise<string> {
  const fail = (state: string, status?: number) => {
    const reason = status === undefined || status >= 500 ? "unreachable" : "forbidden";
    return new StoreError(`Cannot get credentials for "${uri}": ${state}`, { reason, status });
  };
  const late = AbortSignal.timeout(ANSWER_MS);
  const both = signal === null ? late : AbortSignal.any([signal, late]);
  try {
    const answer = await fetchPrivately(url, { ...init, signal: both, redirect: "error" });
    const text = await answer.text();
    if (answer.ok) return text;
    throw fail(`who issues them answers ${answer.status}`, answer.status);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    signal?.throwIfAborted();
    if (error instanceof Deno.errors.NotCapable) throw error;
    const state = late.aborted ? `does not answer in ${ANSWER_MS} ms` : "cannot be reached";
    throw fail(`who issues them ${state}`);
  }
}

/** What an issuer's answer says that is no answer. */
export function noCredentials(uri: string): StoreError {
  return new StoreError(`Cannot get credentials for "${uri}": the answer of who issues them has none`, {
    reason: "broken",
  });
}
