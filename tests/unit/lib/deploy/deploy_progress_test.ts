import { strictEqual } from "node:assert/strict";
import { describeProgress, farOf } from "../../../../lib/deploy/deploy_progress.ts";

Deno.test("describeProgress() shows what others say without moving the cursor of who reads it", () => {
  const progress = { state: "starting", function: "shop", url: undefined, reason: "\x1b[2Jx" } as const;
  strictEqual(describeProgress(progress), "shop: starting … \\u001b[2Jx");
  strictEqual(farOf({ ...progress, pods: { ready: 0, wished: 1 } }), "0 of 1 pod: \\u001b[2Jx");
  strictEqual(describeProgress({ ...progress, state: "ready", url: "\x1b" }), "shop: ready, \\u001b");
});

Deno.test("describeProgress() says for whom is waited", () => {
  const note = "ann@there changes it";
  strictEqual(describeProgress({ state: "waiting", function: undefined, url: undefined, note }), note);
});
