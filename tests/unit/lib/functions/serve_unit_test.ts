import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { serving } from "levada";
import { openLocal } from "../../../../lib/streams/local/open_local.ts";
import { startServe } from "../../../support/serve_process.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const SHOP = `import { queue, serving } from "levada";
const fn = serving("shop").addChildFunction("billing");
fn.setTopology("flow").to("total", (n: number) => n * 2).respond()
  .to("orders", queue())
  .to("bill", (n: number) => ({ bill: n, pid: Deno.pid }), { function: "billing" })
  .to("bills", queue({ path: "local://bills" }));
export default fn;
`;

Deno.test("levada serve --function runs one part: its port, and what comes out of its queues", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "shop.ts");
  await Deno.writeTextFile(module, SHOP);
  const env = { LEVADA_STATE: folder.path };
  await using shop = startServe([module, "--function", "shop"], { env });
  await using billing = startServe([module], { env: { ...env, LEVADA_FUNCTION: "billing" } });
  const url = await shop.url;
  const headers = { "content-type": "application/json" };
  deepStrictEqual(await (await fetch(url, { method: "POST", body: "21", headers })).json(), 42);
  await using bills = await openLocal("local://bills", { folder: join(folder.path, "streams") });
  const { value } = await (await bills.subscribe({ group: "test" })).next();
  deepStrictEqual(value!.records.map(({ body }) => body), [{ bill: 42, pid: billing.pid }]);
  const own = await billing.url;
  match(billing.out(), /^Serving billing of shop on http/);
  deepStrictEqual(await (await fetch(`${own}/v2/health/ready`)).json(), { ready: true });
  for (const server of [shop, billing]) server.kill("SIGTERM");
  deepStrictEqual(await Promise.all([shop.code, billing.code]), [0, 0]);
});

Deno.test("levada serve --function refuses a part that there is not, and says which there are", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "shop.ts");
  await Deno.writeTextFile(module, SHOP);
  await using server = startServe([module, "--function", "printing"]);
  deepStrictEqual(await server.code, 1);
  match(server.err(), /no step belongs to function "printing"\. Run "\*", or one of "billing"/);
});

Deno.test("levada serve --function refuses queues in memory, which would lead nowhere", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "shop.ts");
  await Deno.writeTextFile(
    module,
    SHOP.replace("queue()", 'queue({ path: "memory://orders" })').replace("local://bills", "memory://bills"),
  );
  await using shop = startServe([module, "--function", "shop"]);
  await using billing = startServe([module, "--function", "billing"]);
  await using whole = startServe([module]);
  deepStrictEqual(await Promise.all([shop.code, billing.code]), [1, 1]);
  match(
    shop.err(),
    /Cannot serve function "shop" by itself: 1 fault\n {2}step "orders": memory:\/\/orders is a stream within/,
  );
  match(billing.err(), /2 faults\n {2}step "orders": .*\n {2}step "bills": .*Leave the path out where/);
  match(await whole.url, /^http/); // all in one process
});

Deno.test("fn.serve() of a function by itself refuses a trigger that nobody can fill", async () => {
  const fn = serving("shop").addTrigger("orders", { stream: "memory://orders" });
  fn.setTopology("flow").to("see", () => {});
  await rejects(
    fn.serve({ port: 0, currentFunction: "shop" }),
    /trigger "orders": memory:\/\/orders is a stream within one process, and nobody can fill it\. Say one that others reach: local:\/\/orders/,
  );
});
