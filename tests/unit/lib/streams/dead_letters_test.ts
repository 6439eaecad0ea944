import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { DeadLetters } from "../../../../lib/streams/dead_letters.ts";
import { MemoryBroker } from "../../../../lib/streams/memory/memory_broker.ts";

/** A stream of which five records failed. */
async function failed() {
  const broker = new MemoryBroker();
  const stream = broker.open<number>("memory://in");
  await stream.publish(
    [1, 2, 3, 4, 5].map((body) => ({ body, id: `r${body}`, key: `k${body}`, headers: { "x-a": "1" } })),
  );
  await using subscription = await stream.subscribe({ group: "g", maxTries: 1 });
  for (let rest = 5; rest > 0;) {
    const { value } = await subscription.next();
    rest -= value!.records.length;
    await value!.nack(new Error("no"));
  }
  const letters = new DeadLetters<number>(
    "memory://in",
    <Body>(path: string) => Promise.resolve(broker.open<Body>(path)),
  );
  return { stream, letters, broker };
}

Deno.test("DeadLetters.list() looks without taking anything away", async () => {
  const { letters } = await failed();
  for (let time = 0; time < 2; time++) {
    deepStrictEqual((await letters.list()).map(({ body, error }) => [body, error?.message]), [
      [1, "no"],
      [2, "no"],
      [3, "no"],
      [4, "no"],
      [5, "no"],
    ]);
  }
});

Deno.test("DeadLetters.replay() sends some again as they were, or mended, and keeps the rest", async () => {
  const { letters, stream, broker } = await failed();
  const [first, second] = await letters.list();
  strictEqual(await letters.replay([first!, { ...second!, body: 20 }]), 2);
  strictEqual(await letters.replay([first!]), 0, "it is sent already");
  deepStrictEqual((await letters.list()).map(({ body }) => body), [3, 4, 5]);
  strictEqual(await stream.lag("g"), 2);
  const again = broker.records("memory://in").slice(5);
  deepStrictEqual(again.map(({ id, key, body, error, headers }) => [id, key, body, error, headers.get("x-a")]), [
    ["r1", "k1", 1, undefined, "1"],
    ["r2", "k2", 20, undefined, "1"],
  ]);
});
