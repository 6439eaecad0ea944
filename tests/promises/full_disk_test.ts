import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { post, withDeployLab } from "../support/deployed.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const versioned = (version: number) =>
  `import { serving } from "levada";
const fn = serving("versions");
fn.setTopology("flow").to("tell", () => {
  console.log("told ".repeat(2_000)); // more than a page of the file has left
  return ${version};
}).respond();
export default fn;
`;

/** Whether this test may mount a small disk; a quota would need a file system that has them. */
const mayMount = await canMount();

async function canMount(): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const folder = await temporaryFolder();
  const isMounted = await mount(folder.path, 1);
  if (isMounted) await unmount(folder.path);
  await folder[Symbol.asyncDispose]();
  return isMounted;
}

async function mount(path: string, megabytes: number): Promise<boolean> {
  const args = ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path];
  const command = new Deno.Command("mount", { args, stdout: "null", stderr: "null" });
  return (await command.output().catch(() => ({ success: false }))).success;
}

async function unmount(path: string): Promise<void> {
  await new Deno.Command("umount", { args: ["-l", path], stdout: "null", stderr: "null" }).output();
}

Deno.test({
  name: "a disk that is full: a deploy is refused, what ran runs on and is told, and with room again all goes on",
  ignore: !mayMount, // who runs it may not mount a file system
  async fn() {
    await using disk = await temporaryFolder();
    await mount(disk.path, 16);
    await using _mounted = { [Symbol.asyncDispose]: () => unmount(disk.path) };
    await withDeployLab(async (lab) => {
      const { url } = await lab.deploy(versioned(1));
      const told = async () => await (await post(url, null)).json();
      const { revision } = await lab.status("versions");
      const filler = join(disk.path, "filler");
      await fill(filler);
      await rejects(lab.deploy(versioned(2)), {
        name: "DeployError",
        message: /^Cannot deploy "versions": its revision cannot be written to .*No space left/,
      });
      await rejects(lab.deploy(versioned(1), { renew: true }), {
        name: "DeployError",
        message: /^Cannot deploy "versions": the state folder cannot be written: .*No space left/,
      });
      deepStrictEqual([await told(), (await lab.status("versions")).revision], [1, revision]);
      for (;;) {
        const { functions: [one] } = await lab.status("versions");
        strictEqual(one!.state, "ready");
        if (one!.reason !== undefined) {
          match(one!.reason, /^its log cannot be written: No space left/);
          break;
        }
        await new Promise((look) => setTimeout(look, 20)); // what it wrote may be on its way
      }
      await Deno.remove(filler);
      await lab.deploy(versioned(2));
      strictEqual(await told(), 2);
      strictEqual((await lab.status("versions")).functions[0]!.reason, undefined);
    }, { state: join(disk.path, "state") });
  },
});

/** Writes until there is no room for a byte. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  for (let size = 1 << 20; size > 0;) {
    try {
      await file.write(new Uint8Array(size));
    } catch {
      size >>= 1;
    }
  }
}
