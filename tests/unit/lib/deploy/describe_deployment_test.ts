import { deepStrictEqual } from "node:assert/strict";
import { describeDeployment } from "../../../../lib/deploy/describe_deployment.ts";
import type { ProcessFunctionStatus, ProcessStatus } from "../../../../lib/deploy/process/deployed_state.ts";

Deno.test("describeDeployment() says how often workers of a function were replaced, where any was", () => {
  const ends = [0, 1, 2].map((restarts) => {
    const one = { name: "shop", workers: 1, serving: 1, restarts, state: "ready", url: "u" } as ProcessFunctionStatus;
    const status = { name: "shop", state: "ready", url: "u", revision: "r", functions: [one], triggers: [] };
    return describeDeployment(status as unknown as ProcessStatus).split("\n")[1];
  });
  const line = "  shop  ready  1 of 1 workers  u";
  deepStrictEqual(ends, [line, `${line}  1 restart`, `${line}  2 restarts`]);
});
