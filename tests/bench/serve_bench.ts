import { deepStrictEqual } from "node:assert/strict";
import { serving } from "levada";

const BODY = { inputs: [[5.1, 3.5, 1.4, 0.2]] };

/** What a user would write instead: a handler that parses JSON and answers JSON. */
async function byHand(request: Request): Promise<Response> {
  const body = await request.json() as typeof BODY;
  return Response.json({ outputs: body.inputs.map((row) => row.length) });
}

const fn = serving("bench");
fn.setTopology("flow").to("lengths", (body: typeof BODY) => ({ outputs: body.inputs.map((row) => row.length) }))
  .respond();
const server = await fn.toMockServer();

const runners = {
  "Request to Response by hand": async () => await (await byHand(request())).json(),
  "MockServer.fetch": async () => await (await server.fetch(request())).json(),
  "MockServer.test": async () => await server.test("/", BODY),
};

function request(): Request {
  return new Request("http://x/", {
    method: "POST",
    body: JSON.stringify(BODY),
    headers: { "content-type": "application/json" },
  });
}

for (const [name, run] of Object.entries(runners)) {
  deepStrictEqual(await run(), { outputs: [4] });
  Deno.bench(name, { group: "mock server round trip", baseline: name.startsWith("Request") }, async () => {
    await run();
  });
}
