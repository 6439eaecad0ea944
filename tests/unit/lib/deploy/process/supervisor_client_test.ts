import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { ProcessDeployment } from "../../../../../lib/deploy/process/deployment.ts";
import { deploymentFolder, deploymentNames, writeWhole } from "../../../../../lib/deploy/process/state_folder.ts";
import { type DeployLab, isAlive, post, withDeployLab } from "../../../../support/deployed.ts";

const versioned = (version: number, begin = "") =>
  `import { serving } from "levada";
${begin}
const fn = serving("v");
fn.setTopology("flow").to("tell", () => ${version}).respond();
export default fn;
`;
const BROKEN = versioned(3, `if (Deno.env.get("LEVADA_WORKER") !== undefined) throw new Error("no disk");`);

/** A worker says that it has come, and stays. */
const GATED = `if (Deno.env.get("LEVADA_WORKER") !== undefined) {
  await Deno.writeTextFile(Deno.env.get("GATE")!, String(Deno.pid));
  await new Promise((stay) => setTimeout(stay, 1_000_000));
}`;

/** Has the supervisor of a deployment pause, as a machine that swaps may. */
async function paused(lab: DeployLab, test: (supervisor: number) => Promise<void>): Promise<void> {
  const { supervisor } = await lab.status("v");
  Deno.kill(supervisor!, "SIGSTOP");
  try {
    await test(supervisor!);
  } finally {
    if (isAlive(supervisor!)) Deno.kill(supervisor!, "SIGCONT");
  }
}

Deno.test("a supervisor that pauses is not taken for dead: nobody changes, ends or removes anything, and what runs runs on", async () => {
  await withDeployLab(async (lab) => {
    const { url } = await lab.deploy(versioned(1));
    await lab.bundle(versioned(2));
    const before = [await lab.status("v"), await filesOf("v")];
    await paused(lab, async (supervisor) => {
      const silence =
        `its supervisor, process ${supervisor}, lives, and does not answer: what runs, runs on unwatched. ` +
        `Where it was stopped, \`kill -CONT ${supervisor}\` has it go on; ` +
        `\`kill -KILL ${supervisor}\` ends all, then \`levada resume v\` starts it again`;
      const message = (verb: string) => ({ name: "DeployError", message: `Cannot ${verb} "v": ${silence}` });
      await Promise.all([
        rejects(lab.deploy(versioned(2)), message("deploy")),
        lab.status("v").then(({ state, reason, supervisor: pid, functions: [one] }) =>
          deepStrictEqual([state, reason, pid, one!.state], ["unknown", silence, supervisor, "unknown"])
        ),
      ]);
      const { code, out, err } = await lab.levada("delete", "v");
      deepStrictEqual([code, out, err], [1, "", `levada delete: Cannot delete "v": ${silence}\n`]);
      strictEqual(await (await post(url, null)).json(), 1);
    });
    deepStrictEqual([await lab.status("v"), await filesOf("v")], before);
  });
});

type Asking = readonly [verb: string, ask: () => Promise<unknown>];

Deno.test("a supervisor that pauses while it deploys is given up; when it goes on, it gives the deploy up", async () => {
  await withDeployLab(async (lab) => {
    const gate = join(lab.folder, "gate");
    Deno.env.set("GATE", gate);
    try {
      const { url } = await lab.deploy(versioned(1));
      await lab.bundle(versioned(2, GATED));
      const before = await lab.status("v");
      await Deno.writeTextFile(gate, "");
      const deploying = lab.deploy(versioned(2, GATED));
      deploying.catch(() => {});
      let worker = 0;
      while (worker === 0) worker = Number(await Deno.readTextFile(gate));
      await paused(lab, async (supervisor) => {
        await rejects(deploying, {
          name: "DeployError",
          message: new RegExp(`process ${supervisor}, lives, and does not answer`),
        });
        strictEqual(await (await post(url, null)).json(), 1);
      });
      while (isAlive(worker)) await new Promise((look) => setTimeout(look, 10));
      deepStrictEqual(await lab.status("v"), before);
      strictEqual(await (await post(url, null)).json(), 1);
    } finally {
      Deno.env.delete("GATE");
    }
  });
});

Deno.test("what is deployed cannot be read: all who ask are told why, a deploy is refused, and what runs runs on; levada delete forgets it", async () => {
  await withDeployLab(async (lab) => {
    const { url } = await lab.deploy(versioned(1));
    const { stateFile } = deploymentFolder("v");
    const text = await Deno.readTextFile(stateFile);
    const asked: readonly Asking[] = [
      ["tell the state of", () => lab.status("v")],
      ["read the logs of", () => Array.fromAsync(new ProcessDeployment("v").logs())],
      ["deploy", () => lab.deploy(BROKEN)],
      ["resume", () => new ProcessDeployment("v").resume()],
      ["roll back", () => new ProcessDeployment("v").rollback()],
    ];
    const refused = async (
      written: string,
      fault: (verb: string) => string,
      more: readonly Asking[] = [],
    ) => {
      await writeWhole(stateFile, written);
      const files = await filesOf("v");
      for (const [verb, ask] of [...asked, ...more]) {
        await rejects(ask, { name: "DeployError", message: fault(verb) }, `${written}: ${verb}`);
      }
      deepStrictEqual(await filesOf("v"), files);
      strictEqual(await (await post(url, null)).json(), 1);
    };
    const damaged = (fault: string) => (verb: string) =>
      `Cannot ${verb} "v": what is deployed cannot be read: ${stateFile} is damaged: ${fault}. What runs is left as it is. ` +
      "Put a copy of the file there, or end and forget it all, `levada delete v`, and deploy again";
    await refused("", damaged("Unexpected end of JSON input"));
    for (const other of ["null", "[]", "7", `{"levada":"deployment/1"}`, text.replace(/"port": \d+/, '"port": "x"')]) {
      await refused(other, damaged('it is no "deployment/1"'));
    }
    const why = 'Cannot tell the state of "v": what is deployed cannot be read: ';
    const [listed, json] = await Promise.all([lab.levada("list"), lab.levada("list", "--json")]);
    deepStrictEqual([listed.out.startsWith(`v  ${why}`), json.out], [true, "[]\n"]);
    ok(json.err.startsWith(`levada list: ${why}`), json.err);
    const newer = (verb: string) =>
      `Cannot ${verb} "v": ${stateFile} is of another version of Levada: this one knows "deployment/1", it is "deployment/2". ` +
      "What runs is left as it is. Use that version";
    await refused(text.replace("deployment/1", "deployment/2"), newer, [[
      "delete",
      () => new ProcessDeployment("v").delete(),
    ]]);
    await writeWhole(stateFile, text);
    strictEqual((await lab.status("v")).state, "ready");
    await writeWhole(stateFile, text.slice(0, 40));
    const { pid } = JSON.parse(await Deno.readTextFile(deploymentFolder("v").supervisorFile));
    await new ProcessDeployment("v").delete();
    deepStrictEqual([await deploymentNames(lab.state), isAlive(pid)], [[], false]);
  });
});

/** All files of a deployment but logs, with what tells one from another that was put in its place. */
async function filesOf(name: string): Promise<[path: string, ino: number | null][]> {
  const { path } = deploymentFolder(name);
  const files: [string, number | null][] = [];
  const walk = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory) await walk(path);
      else if (!name.endsWith(".log")) files.push([path, (await Deno.stat(path)).ino]);
    }
  };
  await walk(path);
  return files.sort();
}
