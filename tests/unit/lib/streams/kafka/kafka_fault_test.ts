import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { StreamError } from "../../../../../lib/errors.ts";
import { faultOf, isFinal, says, stateOf } from "../../../../../lib/streams/kafka/kafka_fault.ts";
import { isTooLarge } from "../../../../../lib/streams/too_large_error.ts";

/** An error as the client makes them: what the broker said is within. */
function refused(apiId: string): Error {
  const said = Object.assign(new Error("said so"), { apiId });
  return new AggregateError([new Error("earlier"), new Error("around it", { cause: said })], "produce failed 2 times.");
}

Deno.test("faultOf() says what was tried and what is wrong, whatever it is wrapped in", () => {
  const { name, message, cause } = faultOf("publish to kafka://h/t", refused("TOPIC_AUTHORIZATION_FAILED"));
  deepStrictEqual([name, message], ["StreamError", "Cannot publish to kafka://h/t: no rights for the topic"]);
  ok(cause instanceof AggregateError);
  const unknown = faultOf("read kafka://h/t", refused("NOBODY_KNOWS"));
  strictEqual(unknown.message, "Cannot read kafka://h/t: said so", "what nobody has words for is told as it is");
  const told = new StreamError("Cannot read kafka://h/t: told before");
  strictEqual(faultOf("acknowledge", told), told);
});

Deno.test("faultOf() tells what a topic never takes from what passes, and what size has nothing to do with", () => {
  ok(isTooLarge(faultOf("publish", refused("MESSAGE_TOO_LARGE"))));
  ok(!isTooLarge(faultOf("publish", refused("REQUEST_TIMED_OUT"))));
  const ids = ["GROUP_AUTHORIZATION_FAILED", "MESSAGE_TOO_LARGE", "UNKNOWN_TOPIC_ID", "NOT_COORDINATOR", "X"];
  deepStrictEqual(ids.map((id) => isFinal(refused(id))), [true, true, false, false, false]);
});

Deno.test("stateOf() gives a topic that brokers do not know any more a way to go on", () => {
  for (const error of [refused("UNKNOWN_TOPIC_OR_PARTITION"), new Error("Unknown topic orders.")]) {
    strictEqual(
      stateOf(error),
      "there is no such topic any more: it was deleted, or the brokers have lost what they kept. Open it anew",
    );
  }
  strictEqual(says(refused("UNKNOWN_TOPIC_ID"), "UNKNOWN_TOPIC"), true);
  strictEqual(says(undefined, "UNKNOWN_TOPIC"), false);
});

Deno.test("stateOf() says what to do about names that collide and clocks that differ", () => {
  ok(stateOf(refused("INVALID_TOPIC_EXCEPTION")).endsWith("choose another name"));
  ok(stateOf(refused("INVALID_TIMESTAMP")).includes("Set the clocks right"));
});
