import { rejects, strictEqual, throws } from "node:assert/strict";
import { breakOff } from "../../../../../lib/models/host/break_off.ts";

Deno.test("breakOff() gives what a function gives, at once or later, and throws what it throws", async () => {
  strictEqual(breakOff(() => 5, 1_000), 5);
  strictEqual(await breakOff(async () => await Promise.resolve("later"), 1_000), "later");
  throws(() =>
    breakOff(() => {
      throw new RangeError("its own");
    }, 1_000), { name: "RangeError", message: "its own" });
  await rejects(breakOff(() => Promise.reject(new TypeError("its own")), 2 ** 40), { name: "TypeError" });
});

Deno.test("breakOff() breaks off a loop, also of a function that is asynchronous, and the next call goes on", () => {
  for (
    const loop of [() => {
      for (;;);
    }, async () => {
      for (;;) {
        await (() => {
          for (;;);
        })();
      }
    }]
  ) {
    throws(() => breakOff(loop as () => unknown, 1), { code: "ERR_SCRIPT_EXECUTION_TIMEOUT" });
  }
  strictEqual(breakOff(() => "on", 1_000), "on");
});
