import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { ProcessDeployment } from "../../../../lib/deploy/process/deployment.ts";
import { deploymentFolder } from "../../../../lib/deploy/process/state_folder.ts";
import { SupervisorClient } from "../../../../lib/deploy/process/supervisor_client.ts";
import { openLocal } from "../../../../lib/streams/local/open_local.ts";
import { type DeployLab, isAlive, withDeployLab } from "../../../support/deployed.ts";

const SHOP = `import { queue, serving } from "levada";
const fn = serving("shop", { env: { OWN: "shop" }, serve: { workers: 2 } }).addChildFunction("billing");
fn.addTrigger("orders", { stream: "local://orders", backoffMs: 1 });
fn.setTopology("flow")
  .to("see", (n: number) => ({ n, own: Deno.env.get("OWN"), given: Deno.env.get("GIVEN"), pid: Deno.pid })).respond()
  .to("bills", queue())
  .to("bill", ({ n }: { n: number }) => n, { function: "billing" })
  .to("told", queue({ path: "local://told" }));
export default fn;
`;
const OTHER = `import { serving } from "levada";
const tls = { cert: "tests/support/loopback_cert.pem", key: "tests/support/loopback_key.pem" };
const fn = serving("other", { serve: { tls, tokens: ["OTHER_TOKEN"] } });
fn.setTopology("flow").to("same", (n: number) => n).respond();
export default fn;
`;

/** Ends the supervisor of a deployment as a kill does; and its processes where the machine goes down. */
async function kill(lab: DeployLab, name: string, { andWorkers = false } = {}): Promise<void> {
  const { supervisor, functions } = await lab.status(name);
  const pids = functions.flatMap(({ pids }) => pids);
  Deno.kill(supervisor!, "SIGKILL");
  for (const pid of pids) if (andWorkers && isAlive(pid)) Deno.kill(pid, "SIGKILL");
  while (pids.some(isAlive)) await new Promise((look) => setTimeout(look, 10));
}

Deno.test("levada resume starts what a killed supervisor, or the machine, took along: same revision, ports and workers; no record is lost; what runs is left", async () => {
  await withDeployLab(async (lab) => {
    const folder = join(lab.state, "streams");
    await using orders = await openLocal<number>("local://orders", { folder });
    await using told = await openLocal<number>("local://told", { folder });
    const reading = await told.subscribe({ group: "test" });
    let last = 0;
    const publish = () => orders.publish(Array.from({ length: 200 }, () => ({ body: ++last })));
    const arrived = new Set<number>();
    const allArrive = async (count: number) => {
      while (arrived.size < count) {
        const { value } = await reading.next();
        for (const { body } of value!) if (body > 0) arrived.add(body); // 0 is who asks
        await value!.ack();
      }
    };
    await lab.deploy(SHOP);
    const before = await lab.status("shop");
    await publish();
    await allArrive(20);
    for (const [name, andWorkers] of [["shop", false], ["--all", true]] as const) {
      const publishing = publish();
      await kill(lab, "shop", { andWorkers });
      await publishing;
      await publish();
      const { state, reason } = await lab.status("shop");
      deepStrictEqual([state, reason], [
        "stopped",
        "its supervisor is gone, as after a start of the machine; `levada resume shop` starts it again",
      ]);
      const resumed = await lab.levada("resume", name, { GIVEN: "by who resumes" });
      strictEqual(resumed.code, 0, resumed.err);
      match(resumed.out, /^shop is started again\n {2}billing: starting …\n(.*\n)+shop: ready, http/);
      const { supervisor: _, deployedAt: __, functions, ...rest } = await lab.status("shop");
      const { supervisor: ___, deployedAt: ____, functions: were, ...same } = before;
      deepStrictEqual(rest, same);
      deepStrictEqual(
        functions.map(({ name, url, workers, state }) => ({ name, url, workers, state })),
        were.map(({ name, url, workers, state }) => ({ name, url, workers, state })),
      );
      const { pid: answers, ...reply } = await new ProcessDeployment("shop").invoke("/", 0);
      deepStrictEqual([reply, functions[0]!.pids.includes(answers)], [
        { n: 0, own: "shop", given: "by who resumes" },
        true,
      ]);
    }
    await allArrive(last);
    deepStrictEqual(
      [...arrived].sort((one, other) => one - other),
      Array.from({ length: last }, (_, n) => n + 1),
    );
    const { functions: [{ pids } = {}] } = await lab.status("shop");
    deepStrictEqual(await lab.levada("resume", "shop"), { code: 0, out: "shop runs already\n", err: "" });
    deepStrictEqual(await lab.levada("resume", "--all", "--quiet"), { code: 0, out: "", err: "" });
    deepStrictEqual((await lab.status("shop")).functions[0]!.pids, pids);
    await kill(lab, "shop");
    const several = await Promise.all([1, 2, 3].map(() => lab.levada("resume", "shop")));
    deepStrictEqual(several.map(({ code, err }) => [code, err]), [[0, ""], [0, ""], [0, ""]]);
  });
});

Deno.test("levada resume serves as it was said, wherever it is typed; one that cannot run keeps no other from it, and stays deployed", async () => {
  Deno.env.set("OTHER_TOKEN", "token-of-a-test");
  try {
    await withDeployLab(async (lab) => {
      await lab.deploy(OTHER);
      await lab.deploy(SHOP);
      for (const name of ["other", "shop"]) await kill(lab, name);
      const { url, revision } = await lab.status("other");
      const without = await lab.levada("resume", "--all", "--deadline", "30", { OTHER_TOKEN: "" });
      strictEqual(without.code, 1);
      match(without.err, /^levada resume: Cannot resume "other": function "other" does not start: .*OTHER_TOKEN/s);
      deepStrictEqual([(await lab.status("other")).state, (await lab.status("shop")).state], ["stopped", "ready"]);
      const { code, out } = await lab.levada("resume", "--all");
      strictEqual(code, 0);
      match(out, /other: ready, https:.*shop runs already\n$/s);
      const status = await lab.status("other");
      deepStrictEqual([status.url, status.revision], [url, revision]);
      strictEqual(await new ProcessDeployment("other").invoke("/", 7), 7);
      await kill(lab, "other");
      await Deno.remove(join(lab.state, "deployments", "other", "revisions", revision, "code.js"));
      const gone = await lab.levada("resume", "other");
      strictEqual(gone.code, 1);
      match(gone.err, /^levada resume: Cannot resume "other": revision [0-9a-f]{12} cannot be read: /);
    });
  } finally {
    Deno.env.delete("OTHER_TOKEN");
  }
});

Deno.test("levada resume leaves a supervisor that is alive and does not answer, and names it; when that goes on, nothing has happened", async () => {
  await withDeployLab(async (lab) => {
    await lab.deploy(SHOP);
    const before = await lab.status("shop");
    const name = new RegExp(
      `its supervisor, process ${before.supervisor}, lives, and does not answer: what runs, runs on unwatched\\. `,
    );
    const folder = deploymentFolder("shop", lab.state);
    const wish = { revision: before.revision, functions: [], env: {}, deadlineMs: 1 };
    Deno.kill(before.supervisor!, "SIGSTOP");
    try {
      await Promise.all([
        lab.status("shop").then(({ state, reason }) => {
          strictEqual(state, "unknown");
          match(reason!, name);
        }),
        rejects(new ProcessDeployment("shop").resume(), { name: "DeployError", message: name }),
        rejects(new SupervisorClient(folder).apply("deploy", wish), { name: "DeployError", message: name }),
      ]);
      ok(
        (await Deno.stat(folder.supervisorFile)).isFile,
        "without it the supervisor would end everything when it goes on",
      );
    } finally {
      Deno.kill(before.supervisor!, "SIGCONT");
    }
    deepStrictEqual(await lab.status("shop"), before);
  });
});

Deno.test("levada resume answers what it does not understand with exit code 2, and what there is not with 1", async () => {
  await withDeployLab(async ({ levada }) => {
    const cases: [string[], number, RegExp][] = [
      [[], 2, /^levada resume: give it a name, or --all\n/],
      [["a", "--all"], 2, /^levada resume: give it a name or --all, not both\n/],
      [["a", "b"], 2, /^levada resume: give it the name of one deployment\n/],
      [["a"], 1, /no such deployment is known in /],
    ];
    for (const [words, code, message] of cases) {
      const said = await levada("resume", ...words);
      strictEqual(said.code, code);
      match(said.err, message);
    }
    deepStrictEqual(await levada("resume", "--all"), { code: 0, out: "Nothing is deployed.\n", err: "" });
  });
});
