import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { describeDeployment, nextSteps } from "../../../../lib/deploy/describe_deployment.ts";
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

Deno.test("nextSteps() quotes what a shell would take apart", () => {
  const status = {
    target: "kubernetes",
    name: "shop",
    context: "ann's cluster",
    namespace: "stage",
    url: "http://shop.stage.svc",
    functions: [{ name: "shop", url: "http://shop.stage.svc" }],
  };
  const quoted = String.raw`--context 'ann'\''s cluster'`;
  const told = nextSteps(status as unknown as ProcessStatus);
  match(told, new RegExp(`kubectl ${quoted.replaceAll("\\", "\\\\")} -n stage port-forward service/shop 8080:80`));
  match(told, /levada status shop --target kubernetes --context 'ann'[^ ]*s cluster' --namespace stage/);
});

Deno.test("describeDeployment() shows what others say without moving the cursor of who reads it", () => {
  const one = { name: "shop", serving: 0, restarts: 0, state: "failing", url: "u", reason: "\x1b[2J\r\u009b1A\nnext" };
  const status = { name: "shop", state: "failing", url: "\x1b]0;", revision: "r", functions: [one] };
  const told = describeDeployment(status as unknown as ProcessStatus);
  deepStrictEqual(told.split("\n"), [
    "shop: failing, \\u001b]0;, revision r",
    "  shop  failing  0 pods  u",
    "    \\u001b[2J\\r\\u009b1A",
    "    next",
    "",
  ]);
});

Deno.test("nextSteps() of Nuclio say everything that was said to get there", () => {
  const status = {
    target: "nuclio",
    name: "shop",
    url: "u",
    functions: [],
    dashboard: "http://dash:8070",
    project: "shops",
  };
  const told = (more: object) => nextSteps({ ...status, ...more } as unknown as ProcessStatus);
  const how = "How it is: levada status shop --target nuclio --dashboard http://dash:8070 --project shops";
  strictEqual(told({}), `${how}; so also logs, rollback, delete.\n`);
  strictEqual(
    told({ namespace: "stage", context: "far", token: "DASHBOARD" }),
    `${how} --namespace stage --context far --token DASHBOARD; so also logs, rollback, delete.\n`,
  );
});
