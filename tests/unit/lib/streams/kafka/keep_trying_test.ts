import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { Absence } from "../../../../../lib/streams/kafka/absence.ts";
import { keepTrying } from "../../../../../lib/streams/kafka/keep_trying.ts";

/** An error as the client makes them: what the broker said is within. */
function refused(apiId: string): Error {
  return new AggregateError([Object.assign(new Error("said so"), { apiId })], "commit failed 1 times.");
}

Deno.test("keepTrying() tries what may pass again, and tells who asked", async () => {
  const again: unknown[] = [];
  let tries = 0;
  const run = () => ++tries < 3 ? Promise.reject(refused("NOT_COORDINATOR")) : Promise.resolve("done");
  const beforeAgain = (error: unknown) => void again.push((error as AggregateError).errors[0].apiId);
  strictEqual(await keepTrying("ask", run, { withinMs: Infinity, beforeAgain }), "done");
  deepStrictEqual(again, ["NOT_COORDINATOR", "NOT_COORDINATOR"]);
});

Deno.test("keepTrying() ends at what does not pass, when nobody wants it, and when its time is over", async () => {
  const ask = (apiId: string, more = {}) =>
    keepTrying("read kafka://h/t", () => Promise.reject(refused(apiId)), { withinMs: Infinity, ...more });
  await rejects(ask("TOPIC_AUTHORIZATION_FAILED"), {
    name: "StreamError",
    message: "Cannot read kafka://h/t: no rights for the topic",
  });
  await rejects(ask("REQUEST_TIMED_OUT", { isOver: () => true }), { message: "Cannot read kafka://h/t: said so" });
  await rejects(ask("REQUEST_TIMED_OUT", { withinMs: -1 }), { message: "Cannot read kafka://h/t: said so" });
});

Deno.test("Absence.notes() tells that a topic has gone when no broker has known it for five seconds", () => {
  let now = 1_000;
  const absence = new Absence(() => now);
  const asked = (at: number, error?: unknown) => {
    now = at;
    return absence.notes(error);
  };
  const [unknown, ofClient] = [refused("UNKNOWN_TOPIC_ID"), new Error("Unknown topic orders.")];
  strictEqual(asked(1_000, unknown), false);
  strictEqual(asked(5_999, ofClient), false);
  strictEqual(asked(6_000, unknown), true);
  for (const other of [refused("NOT_COORDINATOR"), undefined]) {
    strictEqual(asked(20_000, other), false);
    strictEqual(asked(21_000, unknown), false, "it was known in between");
    strictEqual(asked(26_000, unknown), true);
  }
});
