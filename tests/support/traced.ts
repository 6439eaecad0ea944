/** Asks a function with a batch, a failing step and an error handler, within this process. For a test, with `OTEL_DENO=true`. */

import { batch, openTelemetry, serving } from "levada";

const quiet = () => {};
const fn = serving("sums");
fn.setTopology("flow")
  .to("both", batch<number>({ maxEvents: 2 }))
  .to("sum", (numbers) => numbers.reduce((sum, n) => sum + n, 0))
  .to("small", (sum) => {
    if (sum > 10) throw new RangeError("too much");
    return sum;
  })
  .respond();

await using server = await fn.toMockServer({
  telemetry: await openTelemetry({ metrics: false }),
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
});
await Promise.all([1, 2].map((n) => server.test("/", n, { eventId: `e${n}`, silent: true })));
await Promise.all([30, 40].map((n) => server.test("/", n, { eventId: `e${n}`, silent: true })));
