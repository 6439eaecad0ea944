import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { main } from "../../../../lib/cli/main.ts";
import { keepRevision } from "../../../../lib/deploy/process/keep_revision.ts";
import { deploymentFolder, writeWhole } from "../../../../lib/deploy/process/state_folder.ts";
import { openLocal } from "../../../../lib/streams/local/open_local.ts";
import type { NewRecord, Stream } from "../../../../lib/streams/stream.ts";
import { withDeployLab } from "../../../support/deployed.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function levada(...args: string[]): Promise<Said> {
  const said = { out: "", err: "" };
  const terminal = {
    out: (text: string) => void (said.out += text),
    err: (text: string) => void (said.err += text),
    isInteractive: false,
    columns: 100,
  };
  const code = await main(args, terminal, new AbortController().signal);
  return { code, ...said };
}

/** Gives a test a folder for streams, and `orders` in it. */
async function withOrders(test: (orders: Stream) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const before = Deno.env.get("LEVADA_STATE");
  Deno.env.set("LEVADA_STATE", folder.path);
  try {
    await using orders = await openLocal("local://orders");
    await test(orders);
  } finally {
    if (before === undefined) Deno.env.delete("LEVADA_STATE");
    else Deno.env.set("LEVADA_STATE", before);
  }
}

/** Publishes records that a group gives up. */
async function fail(orders: Stream, records: readonly NewRecord[]): Promise<void> {
  await orders.publish(records);
  await using subscription = await orders.subscribe({ group: "g" });
  for (let rest = records.length; rest > 0;) {
    const { value } = await subscription.next();
    rest -= value!.records.length;
    await value!.bury(new TypeError("no such customer"));
  }
}

Deno.test("levada dlq answers what it does not understand with exit code 2", async () => {
  const cases: [string[], RegExp][] = [
    [[], /^levada dlq: say list, show, replay, discard, acts\n/],
    [["mend", "a"], /^levada dlq: there is no "mend", only list, /],
    [["list"], /^levada dlq: say of what: list NAME of a deployment, or STREAM\n/],
    [["list", "a", "id"], /^levada dlq: list takes no ids; say show\n/],
    [["list", "a", "--limit", "0"], /^levada dlq: --limit takes a number from 1 /],
    [["list", "a", "--by", "ann"], /^levada dlq: --by is for replay and discard\n/],
    [["show", "a"], /^levada dlq: show takes the id of one letter\n/],
    [["show", "a", "b", "--all"], /^levada dlq: show takes the id of one letter, and no --all\n/],
    [["acts", "a", "--where", "step=x"], /^levada dlq: acts takes no --where\n/],
    [["replay", "a"], /^levada dlq: say which letters: ids, --where or --all, one of them\n/],
    [["replay", "a", "id", "--all"], /^levada dlq: say which letters: /],
    [
      ["replay", "a", "--where", "stpe=x"],
      /^levada dlq: --where takes FIELD=TEXT with id, key, step, .*: got "stpe=x"\n/,
    ],
    [["replay", "a", "--where", "step"], /^levada dlq: --where takes FIELD=TEXT /],
    [["replay", "a", "--all", "--body", "f"], /^levada dlq: --body and --edit are for one letter: give its id\n/],
    [["replay", "a", "b", "--edit", "--body", "f"], /^levada dlq: say --body or --edit, not both\n/],
    [["replay", "a", "b", "--reason", "r"], /^levada dlq: --reason is for discard\n/],
    [["discard", "a", "b", "--edit", "--reason", "r"], /^levada dlq: --body and --edit are for replay\n/],
    [["discard", "a", "--all"], /^levada dlq: discard takes --reason TEXT\n/],
  ];
  for (const [args, message] of cases) {
    const { code, out, err } = await levada("dlq", ...args);
    deepStrictEqual([code, out], [2, ""], args.join(" "));
    match(err, message);
  }
});

Deno.test("levada dlq says what is not there with exit code 1, and makes nothing", async () => {
  await withOrders(async (orders) => {
    const cases: [string[], RegExp][] = [
      [
        ["list", "local://typo"],
        /^levada dlq: Cannot look at dead letters of local:\/\/typo: there is no such stream\n$/,
      ],
      [["list", "shop"], /^levada dlq: Cannot find the streams of "shop": no such deployment is known in .*\n$/],
      [["list", "ftp://x/y"], /^levada dlq: Cannot open stream "ftp:\/\/x\/y-dead-letters.*the kinds of streams are /],
      [
        ["show", "local://orders", "a"],
        /^levada dlq: Cannot show it: there is no letter a of local:\/\/orders\. Give whole ids, or 8 digits of each at least\n$/,
      ],
      [["replay", "local://orders", "a", "b"], /^levada dlq: Cannot replay: there is no letter a, b of /],
    ];
    for (const [args, message] of cases) {
      const { code, out, err } = await levada("dlq", ...args);
      deepStrictEqual([code, out], [1, ""], args.join(" "));
      match(err, message);
    }
    const files = [...Deno.readDirSync(join(Deno.env.get("LEVADA_STATE")!, "streams"))].map(({ name }) => name);
    deepStrictEqual(files.filter((name) => name.endsWith(".db")), ["orders.db"]);
    deepStrictEqual(await levada("dlq", "list", "local://orders"), {
      code: 0,
      out: "No dead letters of local://orders\n",
      err: "",
    });
    deepStrictEqual((await levada("dlq", "list", "local://orders", "--json")).out, "[]\n");
    await fail(orders, [{ id: "a", body: 1 }]);
    const none = await levada("dlq", "replay", "local://orders", "--where", "step=x");
    deepStrictEqual([none.code, none.out], [0, "No dead letters of local://orders are so\n"]);
  });
});

Deno.test("levada dlq list shows the first, and counts them all", async () => {
  await withOrders(async (orders) => {
    await fail(orders, Array.from({ length: 12 }, (_, n) => ({ id: `o${n}`, key: `k${n % 2}`, body: { n } })));
    const { out } = await levada("dlq", "list", "local://orders", "--limit", "5");
    strictEqual(out.split("\n")[0], "12 dead letters of local://orders, the first 5");
    strictEqual(out.trim().split("\n").length, 1 + 1 + 5);
    const some = await levada("dlq", "list", "local://orders", "--where", "key=k1", "--where", "message=customer");
    ok(some.out.startsWith("6 dead letters of local://orders\n"));
    const json = JSON.parse((await levada("dlq", "list", "local://orders", "--json", "--where", "id=o3")).out);
    deepStrictEqual(json.map(({ id, stream, body }: Record<string, unknown>) => [id, stream, body]), [
      ["o3", "local://orders", { n: 3 }],
    ]);
  });
});

Deno.test("levada dlq asks before it acts on many or gives up, and where nobody sits wants --yes", async () => {
  await withOrders(async (orders) => {
    await fail(orders, [{ id: "a", body: 1 }, { id: "b", body: 2 }, { id: "c", body: 3 }]);
    for (const words of [["replay", "--all"], ["replay", "--where", "id=a"], ["discard", "a", "--reason", "r"]]) {
      const [verb, ...rest] = words;
      const { code, err } = await levada("dlq", verb!, "local://orders", ...rest);
      strictEqual(code, 2);
      match(err, /(Send|Discard) \d dead letters? of local:\/\/orders( again)?\? Nobody can be asked here: say --yes/);
    }
    strictEqual(await orders.lag("g"), 0);
    deepStrictEqual(
      (await levada("dlq", "replay", "local://orders", "a", "b")).out,
      "Sent 2 dead letters of local://orders again\n",
    );
    const again = await levada("dlq", "replay", "local://orders", "a", "c");
    match(again.err, /there is no letter a \(replayed by .+@.+ at \d{4}-.*\) of local:\/\/orders/);
    strictEqual(await orders.lag("g"), 2, "and none was sent");
    const { out } = await levada("dlq", "discard", "local://orders", "--all", "--reason", "old", "--by", "ann", "-y");
    strictEqual(out, "Discarded 1 dead letter of local://orders\n");
    match((await levada("dlq", "acts", "local://orders")).out, / discarded c of local:\/\/orders by ann: old\n$/);
  });
});

const QUEUES = `import { queue, serving } from "levada";
const fn = serving("shop");
fn.addChildFunction("billing");
fn.setTopology("flow")
  .to("price", (n: number) => n)
  .to("later", queue())
  .to("bill", (n: number) => n, { function: "billing" })
  .to("billed", queue({ path: "local://bills" }), { function: "billing" });
export default fn;
`;

Deno.test("levada dlq list of a deployment shows the letters of each queue: by its path, and of one that has none", async () => {
  await withDeployLab(async (lab) => {
    const folder = deploymentFolder("shop");
    const bundle = await lab.bundle(QUEUES);
    await keepRevision("keep it", bundle, folder);
    const functions = [{ name: "shop", port: 1, workers: 1 }];
    const state = { levada: "deployment/1", name: "shop", revision: bundle.revision, functions };
    await writeWhole(folder.stateFile, JSON.stringify(state));
    for (const path of ["local://bills", "local://shop/later", "local://shop/billed"]) {
      await using stream = await openLocal(path);
      await fail(stream, [{ id: path, body: 1 }]);
    }
    const { out } = await levada("dlq", "list", "shop", "--json");
    const letters = JSON.parse(out) as { stream: string }[];
    deepStrictEqual(letters.map(({ stream }) => stream).sort(), ["local://bills", "local://shop/later"]);
  });
});

Deno.test("levada dlq replay --body sends the bytes of the file, if they are what the letter says", async () => {
  await withOrders(async (orders) => {
    const json = { "content-type": "application/json" };
    await fail(orders, [
      { id: "json", body: new TextEncoder().encode(`{"n":`), headers: json },
      { id: "text", body: "a", headers: { "content-type": "text/plain" } },
    ]);
    const file = join(Deno.env.get("LEVADA_STATE")!, "body");
    await Deno.writeTextFile(file, `{"n": `);
    const broken = await levada("dlq", "replay", "local://orders", "json", "--body", file);
    match(
      broken.err,
      /^levada dlq: Cannot mend letter json: .*body is not application\/json: .* Mend it and say --body /,
    );
    match(
      (await levada("dlq", "replay", "local://orders", "json", "--body", "gone")).err,
      /Cannot read the body from gone: /,
    );
    const words = `{"n": 12345678901234567890}`;
    await Deno.writeTextFile(file, words);
    for (const id of ["json", "text"]) {
      const { out } = await levada("dlq", "replay", "local://orders", id, "--body", file);
      strictEqual(out, "Sent 1 dead letter of local://orders again, mended\n");
    }
    const sent = await Array.fromAsync(orders.look("g"));
    deepStrictEqual(sent.map(({ bytes }) => new TextDecoder().decode(bytes)), [words, words]);
    deepStrictEqual(sent.find(({ id }) => id === "text")!.body, words);
  });
});

Deno.test("levada dlq replay --edit opens the body in the editor, and keeps what cannot be sent", async () => {
  await withDeployLab(async (lab) => {
    const folder = join(lab.state, "streams");
    await using orders = await openLocal("local://orders", { folder });
    await fail(orders, [{ id: "a", body: { total: "12" } }]);
    const edit = (editor: string) =>
      lab.levada("dlq", "replay", "local://orders", "a", "--edit", { EDITOR: editor, VISUAL: "" });
    const same = await edit("true");
    deepStrictEqual([same.code, same.err], [1, "Nothing was changed, so nothing is sent.\n"]);
    const failed = await edit("false");
    match(failed.err, /^levada dlq: Cannot edit the body: false ended with 1\. The body is in (.*)\n$/);
    const broken = await edit(`sed -i 's/"12"/12,,/'`);
    const [, file] = /Mend it and say --body (.*)\n$/.exec(broken.err)!;
    strictEqual(await Deno.readTextFile(file!), `{\n  "total": 12,,\n}\n`);
    const gone = await edit("rm");
    match(
      gone.err,
      /^levada dlq: Cannot read the body that was edited: the editor has left no file \(.*\)\. Nothing is sent\n$/,
    );
    for (const kept of [file!, /The body is in (.*)\n/.exec(failed.err)![1]!]) await Deno.remove(kept);
    strictEqual(await orders.lag("g"), 0);
    const { code, out } = await edit(`sed -i 's/"12"/12/'`);
    deepStrictEqual([code, out], [0, "Sent 1 dead letter of local://orders again, mended\n"]);
    deepStrictEqual((await Array.fromAsync(orders.look("g"))).map(({ body }) => body), [{ total: 12 }]);
  });
});

Deno.test("levada dlq replay that is interrupted says what was sent, ends with 130, and the rest stays", async () => {
  await withDeployLab(async (lab) => {
    const folder = join(lab.state, "streams");
    await using orders = await openLocal<number>("local://orders", { folder });
    await fail(orders, Array.from({ length: 150 }, (_, body) => ({ body, id: `o${body}` })));
    await (await openLocal("local://orders?capacity=120", { folder })).close();
    const letters = await openLocal("local://orders-dead-letters", { folder });
    const running = lab.start("dlq", "replay", "local://orders", "--all", "--yes");
    const subscription = await letters.subscribe({ group: "test" }); // until the first hundred are written down
    for (let rest = 250; rest > 0;) rest -= (await subscription.next()).value!.records.length;
    await letters.close();
    running.kill("SIGINT");
    const { code, stderr } = await running.output();
    strictEqual(code, 130);
    match(
      new TextDecoder().decode(stderr),
      /^levada dlq: Cannot replay dead letters of local:\/\/orders: it was interrupted\. 100 were replayed before\n$/,
    );
    match((await lab.levada("dlq", "list", "local://orders")).out, /^50 dead letters of local:\/\/orders\n/);
  });
});

Deno.test("levada dlq replay that is killed in the middle loses no letter, and sends a hundred twice at most", async () => {
  await withDeployLab(async (lab) => {
    const folder = join(lab.state, "streams");
    await using orders = await openLocal<number>("local://orders", { folder });
    const count = 1_000;
    await fail(orders, Array.from({ length: count }, (_, body) => ({ body, id: `o${body}` })));
    const bound = async (capacity: number) =>
      await (await openLocal(`local://orders?capacity=${capacity}`, { folder })).close();
    await bound(350); // so that it waits in the middle of a hundred, and is there to be killed
    const letters = await openLocal("local://orders-dead-letters", { folder });
    const running = lab.start("dlq", "replay", "local://orders", "--all", "--yes");
    const subscription = await letters.subscribe({ group: "test" });
    for (let rest = count + 300; rest > 0;) rest -= (await subscription.next()).value!.records.length;
    running.kill("SIGKILL");
    await running.output();
    await letters.close();
    const left = JSON.parse((await lab.levada("dlq", "list", "local://orders", "--json")).out).length;
    strictEqual(left, count - 300, "what is not written down is still listed");
    await bound(2 * count);
    const { code, err } = await lab.levada("dlq", "replay", "local://orders", "--all", "--yes");
    deepStrictEqual([code, err], [0, ""]);
    const sent = (await Array.fromAsync(orders.look("g"))).map(({ body }) => body);
    strictEqual(new Set(sent).size, count);
    ok(sent.length - count <= 100, `${sent.length - count} were sent twice`);
  });
});
