import { rejects, throws } from "node:assert/strict";
import { checkOptions, type DeployOptions } from "../../../../lib/deploy/deploy_options.ts";
import { serving } from "../../../../mod.ts";

const as = (options: Readonly<Record<string, unknown>>) => options as DeployOptions;

Deno.test("checkOptions() refuses a target that there is not, and names those that there are", () => {
  throws(() => checkOptions('deploy "shop"', as({ target: "moon" })), {
    name: "DeployError",
    message: /^Cannot deploy "shop": there is no target "moon": it is "process"/,
  });
});

Deno.test("checkOptions() refuses options that nobody takes, and leaves those alone that are not said", () => {
  checkOptions("deploy", { workers: 2, renew: true, dryRun: true });
  checkOptions("deploy", as({ shoes: undefined }));
  throws(() => checkOptions("deploy", as({ worker: 2, prt: 1 })), {
    message: /there is no option "worker", there is no option "prt"\. Target "process" takes dryRun, /,
  });
});

Deno.test("fn.deploy() looks at its options before anything else", async () => {
  await rejects(serving("shop").deploy(as({ target: "moon" })), /no target "moon"/);
  await rejects(serving("shop").deploy(as({ target: "process", shoes: 1 })), /no option "shoes"/);
});
