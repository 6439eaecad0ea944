import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { ProcessDeployment } from "../../../../../lib/deploy/process/deployment.ts";
import type { ProcessStatus } from "../../../../../lib/deploy/process/deployed_state.ts";
import { openLocal } from "../../../../../lib/streams/local/open_local.ts";
import { withDeployLab } from "../../../../support/deployed.ts";

const SHOP = `import { serving } from "levada";
const fn = serving("shop", { serve: { tokens: ["SHOP_TOKEN"] } }).addTrigger("orders", { stream: "local://orders" });
fn.setTopology("flow").to("see", (n: number) => n).respond();
export default fn;
`;

const PATIENCE_MS = 60_000; // only where it fails

/** The status that is as a test wants it. */
async function statusWhere(isSo: (status: ProcessStatus) => boolean): Promise<ProcessStatus> {
  const end = performance.now() + PATIENCE_MS;
  while (true) {
    const status = await new ProcessDeployment("shop").status();
    if (isSo(status) || performance.now() > end) return status;
  }
}

Deno.test("Deployment.status() tells since when a stream cannot be read, and why; when it can, no more", async () => {
  await withDeployLab(async (lab) => {
    Deno.env.set("SHOP_TOKEN", "token-of-a-test");
    try {
      await using orders = await openLocal<number>("local://orders?partitions=1");
      await lab.deploy(SHOP);
      const { functions: [before] } = await lab.status("shop");
      strictEqual(before!.reason, undefined);
      const file = new DatabaseSync(join(lab.state, "streams", "orders.db"), { timeout: 5_000 });
      await orders.publish([{ body: 1 }]);
      while (await orders.lag("shop") > 0) await new Promise((look) => setTimeout(look, 5));
      file.exec("ALTER TABLE partitions RENAME TO away");
      file.exec("ALTER TABLE groups RENAME TO gone");
      const { state, functions: [one] } = await statusWhere(({ functions }) => functions[0]!.reason !== undefined);
      strictEqual(state, "ready");
      match(one!.reason!, /^cannot read local:\/\/orders since \d{4}-.*Z: Cannot read local:\/\/orders: /);
      match((await lab.levada("status", "shop")).out, /\n {4}cannot read local:\/\/orders since /);
      const asked = async (headers = {}) => (await fetch(`${one!.url}/ready`, { headers })).json();
      deepStrictEqual(await asked(), { ready: true });
      const { streams: [told] } = await asked({ authorization: "Bearer token-of-a-test" });
      deepStrictEqual([told.stream, told.group], ["local://orders", "shop"]);
      ok(one!.reason!.includes(`since ${told.since}`));
      file.exec("ALTER TABLE away RENAME TO partitions");
      file.exec("ALTER TABLE gone RENAME TO groups");
      file.close();
      await orders.publish([{ body: 2 }]);
      const { functions: [after] } = await statusWhere(({ functions }) => functions[0]!.reason === undefined);
      strictEqual(after!.reason, undefined);
    } finally {
      Deno.env.delete("SHOP_TOKEN");
    }
  });
});

const FILLER = `import { queue, serving } from "levada";
const fn = serving("shop");
fn.setTopology("flow").to("see", (n: number) => n).respond().to("bills", queue({ path: "local://bills?partitions=1&capacity=2" }));
export default fn;
`;

Deno.test("Deployment.status() tells which group holds a full stream that a function publishes to, and since when; when it is read, no more", async () => {
  await withDeployLab(async (lab) => {
    await lab.deploy(FILLER);
    const folder = join(lab.state, "streams");
    await using bills = await openLocal<number>("local://bills", { folder });
    const first = await bills.subscribe({ group: "printer" });
    await first.close();
    for (const n of [1, 2, 3]) await new ProcessDeployment("shop").invoke("/", n);
    const { state, functions: [one] } = await statusWhere(({ functions }) => functions[0]!.reason !== undefined);
    strictEqual(state, "ready");
    match(
      one!.reason!,
      /^waits to publish to local:\/\/bills\S* since \d{4}-.*Z: it is full, held by group printer, 2 records behind, which nobody reads$/,
    );
    match((await lab.levada("status", "shop")).out, /\n {4}waits to publish to local:\/\/bills/);
    await bills.retire("printer");
    const { functions: [after] } = await statusWhere(({ functions }) => functions[0]!.reason === undefined);
    strictEqual(after!.reason, undefined);
  });
});
