import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { npmRegistry } from "../../../../../lib/image/npm/npm_registry.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

Deno.test("npmRegistry() is what the environment says, else the user's .npmrc, with its token, else npm's own", async () => {
  await using home = await temporaryFolder();
  const of = (env: Record<string, string>) => npmRegistry((name) => ({ HOME: home.path, ...env })[name]);
  deepStrictEqual(await npmRegistry(() => undefined), { url: "https://registry.npmjs.org", headers: {} });
  await Deno.writeTextFile(
    join(home.path, ".npmrc"),
    "registry = https://npm.example.com/team/\n//npm.example.com/team/:_authToken=${TOKEN}\nnot a setting\n",
  );
  deepStrictEqual(await of({ TOKEN: "t" }), {
    url: "https://npm.example.com/team",
    headers: { authorization: "Bearer t" },
  });
  deepStrictEqual(await of({ NPM_CONFIG_REGISTRY: "http://other.example.com" }), {
    url: "http://other.example.com",
    headers: {},
  });
  deepStrictEqual(await of({ NPM_CONFIG_REGISTRY: "no url" }), { url: "https://registry.npmjs.org", headers: {} });
});
