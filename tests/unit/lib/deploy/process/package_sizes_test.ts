import { deepStrictEqual, ok } from "node:assert/strict";
import { measurePackages } from "../../../../../lib/deploy/process/package_sizes.ts";

Deno.test("measurePackages() weighs what lies in the cache, and nothing that is not there", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("../../../../../imports.json", import.meta.url)));
  const version = (imports.zod as string).split("@").at(-1)!;
  const sizes = await measurePackages([{ name: "zod", version }, { name: "no-such-package", version: "1.0.0" }]);
  deepStrictEqual([...sizes.keys()], ["zod", "no-such-package"]);
  ok(sizes.get("zod")! > 1e6 && sizes.get("zod")! < 20e6, `${sizes.get("zod")}`);
  deepStrictEqual(sizes.get("no-such-package"), 0);
});
