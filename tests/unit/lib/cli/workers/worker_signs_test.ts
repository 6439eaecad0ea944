import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import { WorkerSigns } from "../../../../../lib/cli/workers/worker_signs.ts";

/** Asks a worker, which does something whenever it is asked, so often; or until it is killed. */
async function asked(most: number, onAsk: (signs: WorkerSigns) => void) {
  const signs = new WorkerSigns(1);
  const { promise, resolve } = Promise.withResolvers<"lives" | "killed">();
  let asks = 0;
  signs.watch({
    ask: () => {
      onAsk(signs);
      if (++asks === most) resolve("lives");
    },
    kill: () => resolve("killed"),
  });
  const end = await promise;
  signs.end();
  return { end, asks, silence: signs.silence };
}

Deno.test("a worker of which nothing comes is killed when it was asked 40 times", async () => {
  const { end, asks, silence } = await asked(1_000, () => {});
  deepStrictEqual([end, asks], ["killed", 40]);
  strictEqual(silence!.killedAfterMs, 40);
});

Deno.test("a worker that prints is told of, since it answers nobody, and lives; so does one that prints now and then", async () => {
  const { end, silence } = await asked(200, (signs) => signs.heard());
  strictEqual(end, "lives");
  notStrictEqual(silence, undefined);
  let asks = 0;
  strictEqual((await asked(200, (signs) => ++asks % 30 === 0 && signs.heard())).end, "lives");
});

Deno.test("a worker that answers is neither killed nor told of", async () => {
  const { end, silence } = await asked(200, (signs) => signs.answered());
  deepStrictEqual([end, silence], ["lives", undefined]);
});
