import { deepStrictEqual } from "node:assert/strict";
import { ModelServer, serving } from "levada";
import { describeServed } from "../../../../../lib/cli/serving/describe_served.ts";

class Echo extends ModelServer {
  predict(): unknown[] {
    return [];
  }
}

Deno.test("describeServed() tells each model in one line, whatever it is called", async () => {
  const fn = serving("f").addModel("a\nServing f on http://elsewhere/\u001b[2J", Echo);
  await using server = await fn.serve({ port: 0 });
  deepStrictEqual(describeServed("f", server), [
    `Serving f on ${server.url} (Ctrl-C ends it)`,
    `  model a\\nServing f on http://elsewhere/\\u001b[2J: ready, ${server.url}/v2/models/a%0AServing%20f%20on%20http/versions/%2F%2Felsewhere%2F%1B%5B2J/infer`,
  ]);
});
