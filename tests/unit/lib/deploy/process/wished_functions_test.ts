import { deepStrictEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import { queue, serving } from "levada";
import { wishedFunctions } from "../../../../../lib/deploy/process/wished_functions.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

/** A function and a child, as their bundle tells them. */
function bundleOf(own: object, child: object): { files: Map<string, Uint8Array> } {
  const fn = serving("shop", { serve: own }).addChildFunction("billing", { env: { A: "b" }, serve: child });
  fn.setTopology("flow").to("a", (n: number) => n).to("q", queue()).to("b", (n: number) => n, { function: "billing" });
  return { files: new Map([["function.json", new TextEncoder().encode(JSON.stringify({ function: fn }))]]) };
}

Deno.test("wishedFunctions() takes workers from who deploys, else as before, else from the function, else one", async () => {
  const bundle = bundleOf({ workers: 3 }, {});
  const workersOf = async (wish: object) =>
    (await wishedFunctions(bundle, { act: "deploy", ...wish })).map(({ name, workers, port }) => [name, workers, port]);
  const before = [{ name: "shop", port: 1, workers: 5 }];
  deepStrictEqual(await workersOf({}), [["shop", 3, undefined], ["billing", 1, undefined]]);
  deepStrictEqual(await workersOf({ before, port: 80 }), [["shop", 5, 80], ["billing", 1, undefined]]);
  deepStrictEqual(await workersOf({ before, workers: 2 }), [["shop", 2, undefined], ["billing", 2, undefined]]);
});

Deno.test("wishedFunctions() makes names of files absolute, and tells which cannot be read", async () => {
  await using folder = await temporaryFolder();
  const [cert, key] = [join(folder.path, "c.pem"), join(folder.path, "k.pem")];
  await Deno.writeTextFile(cert, "");
  const bundle = bundleOf({}, { tls: { cert, key } });
  await rejects(wishedFunctions(bundle, { act: 'deploy "shop"' }), {
    name: "DeployError",
    message: new RegExp(`^Cannot deploy "shop": function "billing": serve\\.tls\\.key: ${key} cannot be read: `),
  });
  await Deno.writeTextFile(key, "");
  const [, billing] = await wishedFunctions(bundle, { act: "deploy" });
  deepStrictEqual([billing!.env, billing!.settings], [{ A: "b" }, { tls: { cert, key } }]);
});

Deno.test("wishedFunctions() tells every fault of every function", async () => {
  await rejects(
    wishedFunctions(bundleOf({ workers: 0 }, { port: 1 }), { act: "deploy" }),
    /function "shop": serve\.workers is 0, .*; function "billing": there is no serve\.port; there are workers, host,/,
  );
});
