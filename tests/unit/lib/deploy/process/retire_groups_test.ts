import { rejects, strictEqual } from "node:assert/strict";
import { openLocal } from "../../../../../lib/streams/local/open_local.ts";
import { withDeployLab } from "../../../../support/deployed.ts";

const CAPACITY = 20;
const audit = (main = "") =>
  `import { DatabaseSync } from "node:sqlite";
import { queue, serving } from "levada";
if (Deno.env.get("LEVADA_WORKER") !== undefined && Deno.env.get("PART") === "main") { ${main} }
const fn = serving("audit", { env: { PART: "main" } }).addTrigger("orders", { stream: "local://orders?capacity=${CAPACITY}" });
fn.addChildFunction("books", { env: { PART: "books" } });
fn.setTopology("flow").to("see", (n: number) => n)
  .to("bills", queue({ path: "local://bills?capacity=${CAPACITY}" }))
  .to("book", (n: number) => console.log("booked", n), { function: "books" });
export default fn;
`;

const PATIENCE_MS = 60_000; // only where it fails

/** Publishes more than a group may be behind, to each stream; closed, a stream tells that somebody waited for a group. */
async function publishMuch(): Promise<void> {
  for (const path of ["local://orders", "local://bills"]) {
    const stream = await openLocal<number>(path);
    const timer = setTimeout(() => void stream.close(), PATIENCE_MS);
    await stream.publish(Array.from({ length: 3 * CAPACITY }, (_, body) => ({ body })));
    clearTimeout(timer);
    await stream.close();
  }
}

Deno.test("Deployment.delete() lets in who publishes to its streams; deployed again it goes on where it was", async () => {
  await withDeployLab(async (lab) => {
    await using bills = await openLocal<number>(`local://bills?capacity=${CAPACITY}`);
    const deployment = await lab.deploy(audit());
    {
      await using orders = await openLocal<number>("local://orders");
      await orders.publish([{ body: 1_000 }]);
    }
    for await (const line of deployment.logs({ follow: true })) if (line.endsWith("booked 1000")) break;
    await deployment.delete();
    await publishMuch();
    strictEqual(await bills.lag("audit-books"), 3 * CAPACITY);
    const again = await lab.deploy(audit());
    const booked = new Set<string>();
    for await (const line of again.logs({ follow: true })) {
      const [, n] = / booked (\d+)$/.exec(line) ?? [];
      if (n !== undefined) booked.add(n);
      if (booked.size === 3 * CAPACITY) break;
    }
    strictEqual(booked.has("1000"), false, "what was done is not done again");
  });
});

Deno.test("Deployment.apply() that is refused lets in who publishes to the streams that its children have begun to read", async () => {
  await withDeployLab(async (lab) => {
    const refused = audit(`const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (sql) {
    if (sql.startsWith("INSERT INTO members")) throw new Error("no place in the group");
    return prepare.call(this, sql);
  };`);
    await rejects(lab.deploy(refused), /no place in the group/);
    await publishMuch();
  });
});

Deno.test("Deployment.apply() of a function that lost a child lets in who publishes to the child's queue", async () => {
  await withDeployLab(async (lab) => {
    await lab.deploy(audit());
    const deployment = await lab.deploy(
      `import { serving } from "levada";
const fn = serving("audit");
fn.setTopology("flow").to("see", (n: number) => n).respond();
export default fn;
`,
    );
    await publishMuch();
    strictEqual((await deployment.status()).state, "ready");
  });
});
