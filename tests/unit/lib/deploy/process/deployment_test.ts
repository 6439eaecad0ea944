import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import type { DeploymentRates } from "../../../../../lib/deploy/process/rates.ts";
import { assertXml } from "../../../../support/xml.ts";
import { isAlive, post, withDeployLab } from "../../../../support/deployed.ts";

const shop = (factor: number) =>
  `import { queue, serving } from "levada";
const fn = serving("shop").addChildFunction("billing");
fn.setTopology("flow").to("total", (body: { n: number; dies?: boolean }) => {
  if (body.dies) Deno.exit(3);
  return { total: body.n * ${factor}, pid: Deno.pid };
}).respond()
  .to("orders", queue())
  .to("bill", ({ total }: { total: number }) => void console.log("billed", total), { function: "billing" });
export default fn;
`;
const BROKEN = `import { serving } from "levada";
const fn = serving("shop");
if (Deno.env.get("LEVADA_WORKER") !== undefined) {
  console.error("looking for the disk");
  throw new Error("no disk");
}
fn.setTopology("flow").to("total", () => 1).respond();
export default fn;
`;

Deno.test("levada deploy runs a function and its child as processes that stay; what is the same is left as it is, what does not start is refused, who dies is replaced", async () => {
  await withDeployLab(async (lab) => {
    const module = await lab.write("shop.ts", shop(2));
    const first = await lab.levada("deploy", module);
    strictEqual(first.code, 0, first.err);
    match(first.out, /function shop: new, 1 worker, a free port\n {2}function billing: new, 1 worker, a free port\n/);
    const { url, revision, functions, ...status } = await lab.status("shop");
    deepStrictEqual([status.state, status.previous, functions.map(({ name, state }) => [name, state])], [
      "ready",
      undefined,
      [["shop", "ready"], ["billing", "ready"]],
    ]);
    const { total, pid } = await (await post(url, { n: 21 })).json();
    strictEqual(total, 42);
    const reader = lab.start("logs", "shop", "--follow");
    for await (const text of reader.stdout.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string>)) {
      if (text.includes("billing | billed 42")) break;
    }
    reader.kill("SIGINT");
    await Promise.all([reader.status, reader.stderr.cancel()]);

    const second = await lab.levada("deploy", module);
    match(second.out, /nothing to change/);
    strictEqual((await (await post(url, { n: 1 })).json()).pid, pid);

    const planned = await lab.levada("deploy", await lab.bundleFolder(shop(3)), "--dry-run");
    match(planned.out, new RegExp(`revision: ${revision} → [0-9a-f]{12}\n {4}code\\.js: changed`));
    strictEqual((await lab.status("shop")).revision, revision);
    strictEqual((await (await lab.deploy(shop(3))).status()).previous, revision);
    const after = await lab.status("shop");
    deepStrictEqual([after.url, after.previous], [url, revision]);
    strictEqual((await (await post(url, { n: 1 })).json()).total, 3);
    ok(!isAlive(pid));

    match((await lab.levada("rollback", "shop")).out, new RegExp(`revision ${revision}, before ${after.revision}`));
    strictEqual((await (await post(url, { n: 1 })).json()).total, 2);
    match((await lab.levada("list")).out, new RegExp(`^shop {2}ready +${url} {2}${revision}\n$`));
    const picture = join(lab.folder, "shop.svg");
    const counting = lab.levada("status", "shop", "--json", "--rates", "--over", "2", "--picture", picture);
    let isCounted = false;
    counting.finally(() => isCounted = true);
    while (!isCounted) await (await post(url, { n: 1 })).body?.cancel();
    const { rates: { rates, silent } } = JSON.parse((await counting).out) as { rates: DeploymentRates };
    deepStrictEqual([rates.map((one) => [one.function, one.name]), silent], [
      [["shop", "total"], ["shop", "orders"], ["billing", "bill"]],
      [],
    ]);
    ok(rates.every(({ perSecond, ms }) => perSecond > 0 && ms! > 0), JSON.stringify(rates));
    const svg = await Deno.readTextFile(picture);
    assertXml(svg);
    strictEqual(svg.match(/>\s*[\d.,]+\/s\s*</g)?.length, 3, svg);
    match(svg, />[\d,]+ waiting</);
    match((await lab.levada("status", "shop", "--over", "2")).err, /--over is about rates/);

    const before = await lab.status("shop");
    const refused = await lab.levada("deploy", await lab.bundleFolder(BROKEN));
    strictEqual(refused.code, 1);
    match(
      refused.err,
      /Cannot deploy "shop": function "shop" does not start: worker 1 ended with exit code 1 while it started\n {2}looking for the disk\n[^]*no disk/,
    );
    deepStrictEqual(await lab.status("shop"), before);
    strictEqual((await (await post(url, { n: 1 })).json()).total, 2);

    await post(url, { n: 1, dies: true }).catch(() => {});
    for (;;) {
      const { functions: [shop] } = await lab.status("shop");
      if (shop!.restarts === 0 || shop!.state !== "ready") {
        await new Promise((look) => setTimeout(look, 20));
        continue;
      }
      deepStrictEqual([shop!.restarts, shop!.reason], [1, "a worker ended with exit code 3; another has replaced it"]);
      break;
    }
    strictEqual((await (await post(url, { n: 1 })).json()).total, 2);

    const { supervisor } = await lab.status("shop");
    deepStrictEqual((await lab.levada("delete", "shop")).out, "Deleted shop\n");
    ok(!isAlive(supervisor!));
    deepStrictEqual((await lab.levada("list")).out, "Nothing is deployed.\n");
    match((await lab.levada("status", "shop")).err, /no such deployment is known in .*state/);
  });
});
