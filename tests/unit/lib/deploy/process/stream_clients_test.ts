import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { queue, serving } from "levada";
import type { DeployProgress } from "../../../../../lib/deploy/deploy_progress.ts";
import { clientsOf, fetchClients, streamPathsOf } from "../../../../../lib/deploy/process/stream_clients.ts";
import { manifested } from "../../../../support/manifested.ts";
import { openRegistry } from "../../../../support/npm_registry.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

function shop() {
  const fn = serving("shop", { errorStream: "redis://h/errors" })
    .addChildFunction("billing", { errorStream: "local://errors" })
    .addTrigger("orders", { stream: "nats://h/orders" })
    .addTrigger("beat", { schedule: { everyMs: 60_000 } })
    .setTracking("v3io://h/c/records");
  fn.setTopology("flow").to("a", (n: number) => n).to("q", queue()).to("b", (n: number) => n, { function: "billing" })
    .to("out", queue({ path: "KAFKA://h/out" }));
  return fn;
}

/** A project in which the client of Kafka is another package. */
async function project() {
  const folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/deno.json`, '{ "importMap": "imports.json", "lock": false }');
  await Deno.writeTextFile(
    `${folder.path}/imports.json`,
    '{ "imports": { "@platformatic/kafka": "npm:levada-water@1.0.0" } }',
  );
  return {
    ...folder,
    project: pathToFileURL(`${folder.path}/`),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

Deno.test("streamPathsOf() finds every stream that a function names, clientsOf() what they need, each once", () => {
  const paths = streamPathsOf(JSON.parse(JSON.stringify(shop())));
  deepStrictEqual(paths.sort(), [
    "KAFKA://h/out",
    "local://errors",
    "nats://h/orders",
    "redis://h/errors",
    "v3io://h/c/records",
  ]);
  deepStrictEqual(clientsOf([...paths, "kafka://other/x"]), [
    "@platformatic/kafka",
    "@nats-io/transport-node",
    "redis",
  ]);
  deepStrictEqual(clientsOf(["local://a", "memory://b", "/a/file", "dummy://"]), []);
});

Deno.test("fetchClients() downloads what streams need before anything runs, says what and how much, and is silent the next time", async () => {
  await using registry = await openRegistry("levada-water", `export const water = "${"~".repeat(200_000)}";`);
  await using own = await project();
  const fn = serving("out");
  fn.setTopology("flow").to("out", queue({ path: "kafka://h/out" }));
  const said: DeployProgress[] = [];
  const fetch = () => fetchClients("deploy", manifested(fn), { ...own, onProgress: (one) => said.push(one) });
  await fetch();
  deepStrictEqual(registry.fetched, ["/levada-water/-/levada-water-1.0.0.tgz"]);
  deepStrictEqual(said.map(({ state }) => state), ["fetching", "fetching"]);
  strictEqual(
    said[0]!.note,
    "Downloading what streams of kafka:// need (@platformatic/kafka), this first time only …",
  );
  match(said[1]!.note!, /^Downloaded 1 package in \d+\.\d s: 0\.2 MB on the disk$/);
  await fetch();
  deepStrictEqual([registry.fetched.length, said.length], [1, 2]);
});

Deno.test("fetchClients() refuses what cannot be had, or not in time, and says so in Deno's words; who interrupts it gets their reason", async () => {
  await using _registry = await openRegistry("levada-fire", "export {};");
  await using own = await project();
  const bundle = manifested(shop());
  const act = `deploy "shop"`;
  const fn = serving("out");
  fn.setTopology("flow").to("out", queue({ path: "kafka://h/out" }));
  await rejects(fetchClients(act, manifested(fn), own), {
    name: "DeployError",
    message:
      /^Cannot deploy "shop": what streams of kafka:\/\/ need \(@platformatic\/kafka\) cannot be downloaded\. Nothing was started\. Let this machine reach its npm registry\n {2}error: .*levada-water/,
  });
  await rejects(fetchClients(act, bundle, { ...own, endsAt: performance.now() }), {
    name: "DeployError",
    message: /is not downloaded in time\. Nothing was started$/,
  });
  await rejects(
    fetchClients(act, bundle, { ...own, signal: AbortSignal.abort(new Error("enough")) }),
    /^Error: enough$/,
  );
});
