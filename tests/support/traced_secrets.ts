/** A step and a model that fail with each of the messages, within this process. For a test, with `OTEL_DENO=true`. */

import { ModelServer, openTelemetry, serving } from "levada";
import { SECRET_MESSAGES } from "./secret_messages.ts";

class Failing extends ModelServer {
  predict({ inputs }: { inputs: readonly unknown[] }): unknown[] {
    throw new RangeError(String(inputs[0]));
  }
}

const quiet = () => {};
const fn = serving("failing");
fn.setTopology("flow").to("fails", Failing).respond();
await using server = await fn.toMockServer({
  telemetry: await openTelemetry({ metrics: false }),
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
});
for (const message of Object.values(SECRET_MESSAGES)) await server.test("/", { inputs: [message] }, { silent: true });
