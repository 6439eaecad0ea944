import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { ProcessDeployment } from "../../../../lib/deploy/process/deployment.ts";
import { deploymentFolder } from "../../../../lib/deploy/process/state_folder.ts";
import { type DeployLab, isAlive, withDeployLab } from "../../../support/deployed.ts";

const versioned = (version: number) =>
  `import { serving } from "levada";
const fn = serving("v", { env: { OWN: "${version}" } });
fn.setTopology("flow").to("tell", () => [${version}, Deno.env.get("OWN"), Deno.env.get("GIVEN") ?? null]).respond();
export default fn;
`;

Deno.test("rollback runs what ran before with its workers and its environment; where nobody knows that, it is refused unless another is wished", async () => {
  await withDeployLab(async (lab) => {
    const deploy = async (version: number, workers: number, given: string) => {
      const words = ["deploy", await lab.bundleFolder(versioned(version)), "--workers", String(workers)];
      const { code, err } = await lab.levada(...words, { GIVEN: given });
      strictEqual(code, 0, err);
    };
    const rollback = async (...options: (string | Readonly<Record<string, string>>)[]) =>
      await lab.levada("rollback", "v", ...options);
    await deploy(1, 1, "to the first");
    await deploy(2, 2, "to the second");
    const [second, first] = await revisionsOf(lab);
    const planned = await rollback("--dry-run");
    deepStrictEqual([planned.code, planned.out], [
      0,
      `v, revision ${first}:\n  revision: ${second} → ${first}\n    code.js: changed\n    code.js.map: changed\n` +
      `  function v: workers: 2 → 1\n  environment: what revision ${first} had\n`,
    ]);
    deepStrictEqual(await told(lab), [2, [2, "2", "to the second"]]);
    const back = await rollback();
    strictEqual(back.code, 0);
    match(back.out, /\n {2}v: starting ….*\n {2}v: ready, http:.*\n/s); // how far it is, as a deploy tells it
    deepStrictEqual(await told(lab), [1, [1, "1", "to the first"]]);
    strictEqual((await rollback()).code, 0);
    deepStrictEqual(await told(lab), [2, [2, "2", "to the second"]]);
    deepStrictEqual(await revisionsOf(lab), [second, first]);

    await deploy(3, 1, "to the third"); // of three, two are kept
    const [third] = await revisionsOf(lab);
    deepStrictEqual(await revisionsOf(lab), [third, second]);
    const { revisions } = deploymentFolder("v");
    deepStrictEqual(
      (await Array.fromAsync(Deno.readDir(revisions))).map(({ name }) => name).sort(),
      [second, third].sort(),
    );

    const { supervisor, functions: [one] } = await lab.status("v");
    Deno.kill(supervisor!, "SIGKILL");
    while (one!.pids.some(isAlive)) await new Promise((look) => setTimeout(look, 10));
    const resumed = await lab.levada("resume", "v", { GIVEN: "to who resumes" });
    strictEqual(resumed.code, 0);
    match(
      resumed.out,
      new RegExp(
        `\\n  nobody knows any more which environment revision ${second} had: a rollback to it needs --renew, and gets .*\\n$`,
      ),
    );
    const without = await rollback({ GIVEN: "to who goes back" });
    strictEqual(without.code, 1);
    match(
      without.err,
      new RegExp(
        `^levada rollback: Cannot roll back "v": nobody knows the environment that revision ${second} had: .*What runs runs on`,
      ),
    );
    match(
      (await rollback("--dry-run")).out,
      /\n {2}environment: nobody knows what revision .* `levada rollback v --renew`/,
    );
    deepStrictEqual(await told(lab), [1, [3, "3", "to who resumes"]]);
    const renewed = await rollback("--renew", { GIVEN: "to who goes back" });
    strictEqual(renewed.code, 0, renewed.err);
    deepStrictEqual(await told(lab), [2, [2, "2", "to who goes back"]]);
    strictEqual((await rollback()).code, 0);
    deepStrictEqual(await told(lab), [1, [3, "3", "to who resumes"]]);
  });
});

Deno.test("rollback of what has no revision before is refused, as is that of nothing", async () => {
  await withDeployLab(async (lab) => {
    await rejects(
      new ProcessDeployment("v").rollback(),
      /^DeployError: Cannot roll back "v": no such deployment is known in /,
    );
    await lab.deploy(versioned(1));
    for (const ask of ["rollback", "planRollback"] as const) {
      await rejects(new ProcessDeployment("v")[ask](), {
        message: 'Cannot roll back "v": there is no revision before this one',
      });
    }
  });
});

/** How many workers there are, and what one says. */
async function told(lab: DeployLab): Promise<[workers: number, reply: unknown]> {
  const { functions: [one] } = await lab.status("v");
  return [one!.pids.length, await new ProcessDeployment("v").invoke("/", 0)];
}

async function revisionsOf(lab: DeployLab): Promise<[string, string | undefined]> {
  const { revision, previous } = await lab.status("v");
  return [revision, previous];
}
