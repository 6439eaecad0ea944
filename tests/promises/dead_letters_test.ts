import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { DeadLetters } from "../../lib/streams/dead_letters.ts";
import { openLocal } from "../../lib/streams/local/open_local.ts";
import type { NewRecord } from "../../lib/streams/stream.ts";
import { withDeployLab } from "../support/deployed.ts";

/** Two functions: the first is fed by a stream, the second by the queue between them; each has records that it cannot work on. */
const MODULE = `import { queue, serving } from "levada";
interface Order { id: number; total: number; }
function price({ id, total }: Order) {
  if (typeof total !== "number") throw new TypeError(\`total of order \${id} is no number\`);
  return { id, total };
}
function bill({ id, total }: Order) {
  if (total < 0) throw new RangeError(\`order \${id} costs \${total}\`);
  return { id, billed: total };
}
const fn = serving("shop").addTrigger("orders", { stream: "local://orders", maxTries: 2, backoffMs: 1 });
fn.addChildFunction("billing");
fn.setTopology("flow")
  .to("price", price)
  .to("later", queue())
  .to("bill", bill, { function: "billing" })
  .to("billed", queue({ path: "local://billed" }), { function: "billing" });
export default fn;
`;

Deno.test("poison records of deployed functions are dead letters with error and step; mended on the command line they are worked on", async () => {
  await withDeployLab(async (lab) => {
    const folder = join(lab.state, "streams");
    const publish = async (records: readonly NewRecord[]) => {
      await using orders = await openLocal("local://orders", { folder });
      await orders.publish(records);
    };
    await publish(Array.from({ length: 20 }, (_, id) => ({
      id: `order-${id}`,
      key: `k${id % 3}`,
      body: { id, total: id === 3 ? "3" : id === 7 ? -7 : id === 11 ? null : id },
    })));
    const deployed = await lab.levada("deploy", await lab.write("shop.ts", MODULE));
    strictEqual(deployed.code, 0, deployed.err);

    await using billed = await openLocal<{ id: number; billed: number }>("local://billed", { folder });
    const bills = await billed.subscribe({ group: "test" });
    const got = new Map<number, number>();
    const billedUntil = async (count: number) => {
      while (got.size < count) {
        const { value: delivery } = await bills.next();
        for (const { body } of delivery!) got.set(body.id, body.billed);
        await delivery!.ack();
      }
    };
    await billedUntil(17);
    const poisoned = async (path: string, count: number) => {
      await using stream = await openLocal(`${path}-dead-letters`, { folder });
      const subscription = await stream.subscribe({ group: "test" }); // waits for them, and leaves them to who looks
      for (let rest = count; rest > 0;) rest -= (await subscription.next()).value!.records.length;
    };
    await Promise.all([poisoned("local://orders", 2), poisoned("local://shop/later", 1)]);

    const json = await lab.levada("dlq", "list", "shop", "--json");
    strictEqual(json.code, 0, json.err);
    const letters = JSON.parse(json.out) as {
      stream: string;
      id: string;
      error: object;
      burial: { group: string; tries: number };
    }[];
    const told = letters.map(({ stream, id, error, burial: { group, tries } }) => ({
      stream,
      id,
      error,
      group,
      tries,
    }));
    deepStrictEqual(told.sort((one, other) => one.id < other.id ? -1 : 1), [
      {
        stream: "local://orders",
        id: "order-11",
        error: { name: "TypeError", message: "total of order 11 is no number", step: "price" },
        group: "shop",
        tries: 2,
      },
      {
        stream: "local://orders",
        id: "order-3",
        error: { name: "TypeError", message: "total of order 3 is no number", step: "price" },
        group: "shop",
        tries: 2,
      },
      {
        stream: "local://shop/later",
        id: "order-7",
        error: { name: "RangeError", message: "order 7 costs -7", step: "bill" },
        group: "shop-billing",
        tries: 5,
      },
    ]);
    const table = await lab.levada("dlq", "list", "shop");
    match(table.out, /2 dead letters of local:\/\/orders\nTIME .*STEP .*BODY\n.*order-\d+.*price.*TypeError.*/);
    match(table.out, /1 dead letter of local:\/\/shop\/later\n.*\n.*order-7.*bill.*RangeError/);

    const body = await lab.write("body.json", `{ "id": 3, "total": 3 }\n`);
    const mended = await lab.levada("dlq", "replay", "shop", "order-3", "--body", body, "--by", "ann");
    deepStrictEqual([mended.code, mended.out, mended.err], [
      0,
      "Sent 1 dead letter of local://orders again, mended\n",
      "",
    ]);
    const editor = `sed -i 's/-7/7/'`;
    const edited = await lab.levada("dlq", "replay", "shop", "order-7", "--edit", { EDITOR: editor, VISUAL: "" });
    deepStrictEqual([edited.code, edited.out], [0, "Sent 1 dead letter of local://shop/later again, mended\n"]);
    await billedUntil(19);
    deepStrictEqual([got.get(3), got.get(7), got.has(11)], [3, 7, false]);

    const again = await lab.levada("dlq", "replay", "shop", "order-11", "--by", "bob");
    strictEqual(again.code, 0, again.err);
    await poisoned("local://orders", 5); // three letters by now, and two acts
    const shown = await lab.levada("dlq", "show", "shop", "order-11");
    match(shown.out, /\nstep +price\ngroup +shop\ntries +2\ngiven up .*\nsent again +by bob at \d{4}-/);
    const gone = await lab.levada(
      "dlq",
      "discard",
      "shop",
      "--where",
      "step=price",
      "--reason",
      "a test order",
      "--yes",
    );
    deepStrictEqual([gone.code, gone.out], [0, "Discarded 1 dead letter of local://orders\n"]);
    strictEqual((await lab.levada("dlq", "list", "shop")).out, "No dead letters of shop\n");
    const acts = JSON.parse((await lab.levada("dlq", "acts", "shop", "--json")).out) as Record<string, string>[];
    deepStrictEqual(acts.map(({ id, act, isMended, reason }) => [id, act, isMended, reason]), [
      ["order-3", "replayed", true, undefined],
      ["order-11", "replayed", false, undefined],
      ["order-11", "discarded", false, "a test order"],
      ["order-7", "replayed", true, undefined],
    ]);
    deepStrictEqual(acts.slice(0, 2).map(({ by }) => by), ["ann", "bob"]);
    await billed.publish([{ id: "bill-1", body: { id: 1, billed: 1 } }]); // into the queue that has a path
    for (let found = false; !found;) {
      const { value: delivery } = await bills.next();
      found = delivery!.records.some(({ id }) => id === "bill-1");
      if (found) await delivery!.bury(new TypeError("no such account"));
    }
    match((await lab.levada("dlq", "list", "shop")).out, /^1 dead letter of local:\/\/billed\n.*\n.*no such account/);
    const here = new DeadLetters("local://orders", (path, options) => openLocal(path, { ...options, folder }));
    deepStrictEqual(await here.list(), []);
  });
});

/** What a person does in a notebook; each is a cell. */
const CELLS = [
  `import { deadLetters, openStream } from "levada";
await using orders = await openStream<{ total: unknown }>("local://orders");
await orders.publish([1, 2, 3].map((n) => ({ id: \`o\${n}\`, body: { total: \`<b>\${n}</b>\` } })));
await using subscription = await orders.subscribe({ group: "shop" });
for (let rest = 3; rest > 0;) {
  const { value } = await subscription.next();
  rest -= value!.records.length;
  await value!.bury(new TypeError("total is no number"));
}
const letters = deadLetters<{ total: unknown }>("local://orders");`,
  `letters`,
  `await letters.show("o2")`,
  `await letters.mend("o2", () => ({ total: 2 }), { by: "ann" }) + await letters.discard(["o1", "o3"], { reason: "tests" })`,
  `letters`,
  `deadLetters("local://nowhere")`,
];

Deno.test("dead letters are a table below a notebook's cell, which says when there are none, and why it cannot be had", async () => {
  await withDeployLab(async (lab) => {
    const cells = CELLS.map((source) => ({
      cell_type: "code",
      metadata: {},
      source,
      outputs: [],
      execution_count: null,
    }));
    const notebook = await lab.write(
      "a.ipynb",
      JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 4 }),
    );
    const done = join(lab.folder, "done.ipynb");
    const { code, out, err } = await lab.levada("run", notebook, "--output", done);
    strictEqual(code, 0, out + err);
    const shown = (JSON.parse(await Deno.readTextFile(done)) as typeof cells as unknown as {
      cells: { outputs: { data: Record<string, string | string[]> }[] }[];
    }).cells.map(({ outputs }) => {
      const text = (type: string) => [outputs[0]?.data[type] ?? []].flat().join("");
      return { html: text("text/html"), plain: text("text/plain") };
    });
    const [, table, letter, count, empty, missing] = shown;
    match(table!.plain, /^3 dead letters of local:\/\/orders\ntime .* id .* error .* tries +group +body\n/);
    match(table!.html, /<table aria-label="3 dead letters of local:\/\/orders">.*&lt;b&gt;1&lt;\/b&gt;/s);
    strictEqual(/<b>/.test(table!.html + letter!.html), false);
    match(letter!.html, /<dt>id<\/dt><dd>o2<\/dd>.*<pre>\{\n/s);
    strictEqual(count!.plain, "3");
    strictEqual(empty!.plain, "No dead letters of local://orders");
    match(missing!.plain, /Cannot look at dead letters of local:\/\/nowhere: there is no such stream/);
  });
});
