import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { checkWords, openPlace, readPlace, readTarget } from "../../../../lib/cli/target_options.ts";
import type { CommandContext } from "../../../../lib/cli/command.ts";
import { ProcessDeployment } from "../../../../lib/deploy/process/deployment.ts";

Deno.test("readPlace() takes the words of its target, and refuses another's by its owner", () => {
  deepStrictEqual(readPlace({}), { target: "process" });
  deepStrictEqual(readPlace({ target: "kubernetes", namespace: "shop", dashboard: undefined }), {
    target: "kubernetes",
    namespace: "shop",
  });
  throws(() => readPlace({ target: "process", dashboard: "http://n" }), /--dashboard is for --target nuclio/);
  throws(() => readTarget("mars"), /there is no target "mars": it is process or kubernetes or nuclio/);
  throws(() => checkWords("nuclio", { force: true }), /--force is for --target kubernetes/);
});

Deno.test("openPlace() of this machine asks nobody", async () => {
  const context = { signal: new AbortController().signal } as CommandContext;
  const opened = await openPlace("shop", { target: "process" }, { ...context, onProgress: () => {} });
  strictEqual(opened instanceof ProcessDeployment, true);
});
