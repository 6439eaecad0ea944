import { deepStrictEqual } from "node:assert/strict";
import { ownLockOf } from "../../../../../lib/image/npm/own_lock.ts";

const PROJECT = new URL("../../../../../deno.lock", import.meta.url);

Deno.test("ownLockOf() leaves out what modules of others have left in a project's lock file, and nothing of its own", async () => {
  const own = {
    version: "5",
    specifiers: { "npm:@a/one@1": "1.0.0_two@2.0.0" },
    npm: {
      "@a/one@1.0.0_two@2.0.0": { dependencies: ["three"], optionalDependencies: ["two"] },
      "two@2.0.0": {},
      "three@3.0.0": {},
    },
    workspace: { dependencies: ["npm:@a/one@1"] },
  };
  const grown = {
    ...own,
    specifiers: { ...own.specifiers, "npm:is-odd@3": "3.0.1" },
    npm: { ...own.npm, "is-odd@3.0.1": { dependencies: ["is-number"] }, "is-number@6.0.0": {} },
  };
  deepStrictEqual(ownLockOf(grown), own);
  const project = JSON.parse(await Deno.readTextFile(PROJECT));
  deepStrictEqual(ownLockOf(project), project);
});
