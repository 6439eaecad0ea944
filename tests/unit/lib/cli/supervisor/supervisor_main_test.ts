import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ProcessDeployment } from "../../../../../lib/deploy/process/deployment.ts";
import { holdFile, ownerOf } from "../../../../../lib/deploy/process/file_lock.ts";
import { type DeploymentFolder, deploymentFolder } from "../../../../../lib/deploy/process/state_folder.ts";
import { isAlive, post, withDeployLab } from "../../../../support/deployed.ts";

const MAIN = fileURLToPath(new URL("../../../../../lib/cli/supervisor/supervisor_main.ts", import.meta.url));
const LOCK = fileURLToPath(new URL("../../../../../deno.lock", import.meta.url));
const CALLED_SO = `import { serving } from "levada";
const fn = serving("supervisor");
fn.setTopology("flow").to("tell", (n: number) => (console.log("told", n), n)).respond();
export default fn;
`;

interface Address {
  readonly pid: number;
  readonly url: string;
  readonly token: string;
}

async function addressOf({ supervisorFile }: DeploymentFolder): Promise<Address> {
  return JSON.parse(await Deno.readTextFile(supervisorFile));
}

function supervise(name: string, state: string): Deno.ChildProcess {
  const args = ["run", "-A", "--no-prompt", "--unstable-net", "--lock", LOCK, MAIN, state, name];
  return new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "piped" }).spawn();
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!await isSo()) await new Promise((look) => setTimeout(look, 20));
}

Deno.test("the supervisor obeys who has its token, which only its owner can read; there is one of a deployment; it says again where it is asked, and what runs", async () => {
  await withDeployLab(async ({ deploy, status, ...lab }) => {
    const { url } = await deploy(CALLED_SO);
    const folder = deploymentFolder("supervisor");
    const { pid, ...address } = await addressOf(folder);
    strictEqual((await Deno.stat(folder.supervisorFile)).mode! & 0o777, 0o600);
    for (const headers of [{}, { authorization: `Bearer ${crypto.randomUUID()}` }]) {
      for (const [method, path] of [["GET", "/status"], ["POST", "/stop"], ["POST", "/apply"]] as const) {
        const response = await fetch(`${address.url}${path}`, { method, headers });
        deepStrictEqual([response.status, await response.text()], [401, ""]);
      }
    }
    deepStrictEqual(await ownerOf(folder.supervisorLock), { pid });
    const second = await supervise("supervisor", lab.state).output();
    deepStrictEqual([second.code, new TextDecoder().decode(second.stderr)], [
      1,
      "another supervisor lives. End it by its process id\n",
    ]);
    const state = await Deno.readTextFile(folder.stateFile);
    await Promise.all([Deno.remove(folder.supervisorFile), Deno.remove(folder.stateFile)]);
    await until(() => Deno.stat(folder.stateFile).then(() => true, () => false));
    deepStrictEqual(await addressOf(folder), { pid, ...address });
    strictEqual(await Deno.readTextFile(folder.stateFile), state);
    strictEqual((await status("supervisor")).supervisor, pid);
    strictEqual(await (await post(url, 7)).json(), 7);
    const logs = () => Array.fromAsync(new ProcessDeployment("supervisor").logs()); // by the function, not by its supervisor
    await until(async () => (await logs()).includes("told 7")); // a line comes by way of the supervisor
    match((await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name).join(" "), /supervisor\.log/);
  });
});

Deno.test("a supervisor whose deploy died before it said what to run ends by itself, and leaves nothing that is listed", async () => {
  await withDeployLab(async ({ state, levada }) => {
    const folder = deploymentFolder("left");
    const lock = await holdFile(folder.lockFile);
    const left = supervise("left", state);
    try {
      await until(() => Deno.stat(folder.supervisorFile).then(() => true, () => false));
      strictEqual(isAlive(left.pid), true);
      strictEqual((await levada("list")).out, "left  is being deployed for the first time\n");
    } finally {
      lock![Symbol.dispose](); // as the system does where the deploy is killed
    }
    const [{ code }] = await Promise.all([left.status, left.stderr.cancel()]);
    strictEqual(code, 0);
    strictEqual(await ownerOf(folder.supervisorLock), undefined);
    strictEqual((await levada("list")).out, "Nothing is deployed.\n");
    await Deno.mkdir(folder.path); // as of one that died before it started a supervisor
    strictEqual(
      (await levada("list")).out,
      "left  never ran: its first deploy was broken off. Deploy it again, or `levada delete` forgets it\n",
    );
    strictEqual((await levada("delete", "left")).code, 0);
  });
});
