import { deepStrictEqual, throws } from "node:assert/strict";
import { type GraphError, Secret } from "levada";
import { functionSecrets } from "../../../../lib/functions/function_secrets.ts";

const NOTHING = { children: new Map(), params: new Map(), triggers: new Map(), tracking: undefined };

Deno.test("functionSecrets() warns of what is written out in the environment and in parameters", () => {
  const faults = functionSecrets({ env: { DB_PASSWORD: "x", REGION: "eu" } }, {
    ...NOTHING,
    children: new Map([["child", { env: { TOKEN: "token-of-ann" } }]]),
    params: new Map<string, unknown>([["apiKey", "key-of-ann"], ["held", new Secret("HELD", "h")], ["limit", 5]]),
  });
  deepStrictEqual(faults.map(({ cause, severity }) => [cause.split(" has ")[0], severity]), [
    ["env: DB_PASSWORD", "warning"],
    ['env of child "child": TOKEN', "warning"],
    ["setParam: apiKey", "warning"],
  ]);
});

Deno.test("functionSecrets() refuses a parameter that a document has left out, which a step would take for the secret", () => {
  throws(() => functionSecrets({}, { ...NOTHING, params: new Map([["apiKey", "***"]]) }), (error: GraphError) => {
    deepStrictEqual(error.faults.map(({ cause }) => cause), [
      "setParam: apiKey is ***, as documents have it where a secret was",
    ]);
    return true;
  });
  deepStrictEqual(functionSecrets({ env: { TOKEN: "***" } }, NOTHING).map(({ severity }) => severity), ["warning"]);
});
