import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { openLocal } from "../../../../lib/streams/local/open_local.ts";
import { isAlive, withDeployLab } from "../../../support/deployed.ts";
import { startServe } from "../../../support/serve_process.ts";

const shop = (name: string) =>
  `import { serving } from "${new URL("../../../../mod.ts", import.meta.url)}";
const fn = serving("${name}").addTrigger("orders", { stream: "local://orders?partitions=1&capacity=2" });
fn.setTopology("flow").to("see", (n: number) => n).respond();
export default fn;
`;
const DEPLOYED = shop("shop").replace(/"file:[^"]*"/, '"levada"');

Deno.test("levada streams answers what it does not understand with exit code 2", async () => {
  await withDeployLab(async ({ levada }) => {
    const cases: [string[], RegExp][] = [
      [[], /^levada streams: say list or forget\n/],
      [["show"], /^levada streams: there is no "show", only list and forget\n/],
      [["list", "a", "b"], /^levada streams: list takes one name/],
      [["list", "--yes"], /^levada streams: --force and --yes are for forget\n/],
      [["forget"], /^levada streams: forget takes GROUP/],
      [["forget", "g", "--json"], /^levada streams: --json is for list\n/],
    ];
    for (const [words, message] of cases) {
      const { code, err } = await levada("streams", ...words);
      strictEqual(code, 2);
      match(err, message);
    }
    deepStrictEqual(await levada("streams", "list"), { code: 0, out: "There are no streams.\n", err: "" });
  });
});

Deno.test("levada streams tells which group of a killed `levada serve` holds those who publish; forgotten, they go on", async () => {
  await withDeployLab(async (lab) => {
    const module = await lab.write("shop.ts", shop("shop"));
    await using orders = await openLocal<number>("local://orders?partitions=1&capacity=2", {
      folder: join(lab.state, "streams"),
    });
    {
      await using served = startServe([module], { env: { LEVADA_STATE: lab.state } });
      await served.url;
      await orders.publish([{ body: 1 }]);
      while (await orders.lag("shop") > 0) await new Promise((look) => setTimeout(look, 10));
      const { out } = await lab.levada("streams", "list", "local://orders");
      strictEqual(out, "STREAM          RECORDS  GROUP  BEHIND  READERS\nlocal://orders        1  shop        0  1\n");
      const { code, err } = await lab.levada("streams", "forget", "shop", "--yes");
      strictEqual(code, 1);
      match(err, /^levada streams: Cannot forget group "shop": 1 read local:\/\/orders as it\. End them first\n/);
    } // killed
    await orders.publish([{ body: 2 }, { body: 3 }]);
    const publishing = orders.publish([{ body: 4 }]);
    const told = async () => JSON.parse((await lab.levada("streams", "list", "--json")).out);
    let [stream] = await told();
    while (stream.groups[0].readers > 0) [stream] = await told(); // as long as its session
    const { heardAt, ...group } = stream.groups[0];
    match(heardAt, /^\d{4}-.*Z$/);
    deepStrictEqual({ ...stream, groups: [group] }, {
      stream: "local://orders",
      records: 3,
      groups: [{ group: "shop", readers: 0, isWaitedFor: true, behind: 2, isHolding: true }],
    });
    match(
      (await lab.levada("streams", "list")).out,
      /\nlocal:\/\/orders +3 {2}shop +2 {2}none, the last was heard of at \S+Z, those who publish wait for it\n$/,
    );
    const asked = await lab.levada("streams", "forget", "shop");
    strictEqual(asked.code, 2);
    match(asked.err, /Forget group "shop" of local:\/\/orders \(2 records behind\)\? .*say --yes/);
    deepStrictEqual(await lab.levada("streams", "forget", "shop", "-y"), {
      code: 0,
      out: "Forgot group shop of local://orders\n",
      err: "",
    });
    await publishing;
    const { code, err } = await lab.levada("streams", "forget", "shop", "local://orders", "-y");
    deepStrictEqual([code, err], [
      1,
      'levada streams: Cannot forget group "shop": no stream of local://orders knows it\n',
    ]);
    match((await lab.levada("streams", "list")).out, /\nlocal:\/\/orders +4 +nobody has read it\n$/);
  });
});

Deno.test("levada streams names the deployment of a group, and forgets it only when it does not run, by --force", async () => {
  await withDeployLab(async (lab) => {
    await lab.deploy(DEPLOYED);
    const listed = await lab.levada("streams", "list", "shop");
    match(listed.out, /\nlocal:\/\/orders +0 {2}shop +0 {2}1, deployment shop\n$/);
    strictEqual(listed.code, 0);
    const { err } = await lab.levada("streams", "forget", "shop", "shop", "--force", "-y");
    match(err, /Cannot forget group "shop", which is of deployment "shop": 1 read local:\/\/orders as it/);
    const { supervisor, functions: [one] } = await lab.status("shop");
    Deno.kill(supervisor!, "SIGKILL");
    for (const pid of one!.pids.filter(isAlive)) Deno.kill(pid, "SIGKILL");
    let said = await lab.levada("streams", "forget", "shop", "-y");
    while (/End them first/.test(said.err)) said = await lab.levada("streams", "forget", "shop", "-y");
    strictEqual(said.code, 1);
    match(said.err, /it is of deployment "shop", which goes on there when it runs again\. --force forgets it/);
    deepStrictEqual(await lab.levada("streams", "forget", "shop", "--force", "-y"), {
      code: 0,
      out: "Forgot group shop of local://orders\n",
      err: "",
    });
  });
});

Deno.test("levada streams tells of a broker that does not answer, and of the other streams", async () => {
  await withDeployLab(async (lab) => {
    const { code, out } = await lab.levada("streams", "list", "redis://ann:s3cret@127.0.0.1:1/orders");
    strictEqual(code, 1);
    match(out, /\nredis:\/\/\S*127\.0\.0\.1:1\/orders +Cannot open /);
    strictEqual(out.includes("s3cret"), false);
    const missing = await lab.levada("streams", "list", "local://nowhere");
    strictEqual(missing.code, 1);
    match(missing.out, /there is none/);
    match((await lab.levada("streams", "list", "nobody")).err, /no such deployment is known/);
    await Deno.mkdir(join(lab.state, "streams"), { recursive: true });
    await Deno.writeTextFile(join(lab.state, "streams", "%E0%A4%A.db"), ""); // no stream is called so
    deepStrictEqual(await lab.levada("streams", "list"), { code: 0, out: "There are no streams.\n", err: "" });
  });
});
