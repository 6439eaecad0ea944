/** Deployments in a folder of their own, whose processes end with the test. */

import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Bundle } from "../../lib/bundle/bundle.ts";
import { writeBundle } from "../../lib/bundle/bundle_folder.ts";
import { bundleModule } from "../../lib/bundle/make_bundle.ts";
import { deployBundle } from "../../lib/deploy/deploy_bundle.ts";
import type { ProcessDeployOptions } from "../../lib/deploy/deploy_options.ts";
import { ProcessDeployment } from "../../lib/deploy/process/deployment.ts";
import type { ProcessStatus } from "../../lib/deploy/process/deployed_state.ts";
import { deploymentNames } from "../../lib/deploy/process/state_folder.ts";
import { cleanUpAtInterrupt } from "./at_interrupt.ts";
import { temporaryFolder } from "./temporary_folder.ts";

const MAIN = fileURLToPath(new URL("../../lib/cli/main.ts", import.meta.url));
const LOCK = fileURLToPath(new URL("../../deno.lock", import.meta.url));

/** What a command of the command line said. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder for deployments. */
export interface DeployLab {
  readonly folder: string;
  readonly state: string;
  /** Writes a module of a test. */
  write(name: string, code: string): Promise<string>;
  /** Runs `levada` with these words, and with what else is in its environment. */
  levada(...words: (string | Readonly<Record<string, string>>)[]): Promise<Said>;
  /** Starts it. */
  start(...words: string[]): Deno.ChildProcess;
  /** Asks in this process, as everything below does: it takes no time to speak of. */
  status(name: string): Promise<ProcessStatus>;
  /** The bundle of a module of this text; made once for all labs of a test file. */
  bundle(code: string): Promise<Bundle>;
  /** Writes that into a folder, for the command line. */
  bundleFolder(code: string): Promise<string>;
  /** Deploys that. */
  deploy(code: string, options?: ProcessDeployOptions): Promise<ProcessDeployment>;
}

const BUNDLES = new Map<string, Promise<Bundle>>();

/** Gives a test a folder for deployments; what it deployed is deleted, and every process of it gone, at the end. */
export async function withDeployLab(
  test: (lab: DeployLab) => Promise<void>,
  options: { readonly state?: string } = {},
): Promise<void> {
  await using folder = await temporaryFolder();
  const state = options.state ?? join(folder.path, "state");
  const command = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", `--lock=${LOCK}`, "-A", MAIN, ...words],
      cwd: folder.path,
      env: { NO_COLOR: "1", LEVADA_STATE: state, ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  const outer = Deno.env.get("LEVADA_STATE");
  Deno.env.set("LEVADA_STATE", state);
  const lab: DeployLab = {
    folder: folder.path,
    state,
    async write(name, code) {
      const path = join(folder.path, name);
      await Deno.writeTextFile(path, code);
      return path;
    },
    async levada(...words) {
      const own = words.filter((word) => typeof word === "string");
      const env = words.find((word) => typeof word !== "string");
      const { code, stdout, stderr } = await command(own, env).output();
      return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
    },
    start: (...words) => command(words).spawn(),
    status: async (name) => JSON.parse(JSON.stringify(await new ProcessDeployment(name).status())),
    bundle(code) {
      let bundle = BUNDLES.get(code);
      if (bundle === undefined) BUNDLES.set(code, bundle = bundleOf(code));
      return bundle;
    },
    async bundleFolder(code) {
      const bundle = await lab.bundle(code);
      const path = join(folder.path, `bundle-${bundle.revision}`);
      if (!await Deno.stat(path).then(() => true, () => false)) await writeBundle(bundle, path);
      return path;
    },
    deploy: async (code, options) => await deployBundle(await lab.bundle(code), options),
  };
  const deleteAll = async () => {
    for (const name of await deploymentNames(state)) await new ProcessDeployment(name).delete();
  };
  using _interrupted = cleanUpAtInterrupt(async () => {
    await deleteAll();
    await Deno.remove(folder.path, { recursive: true });
  });
  await using _ended = {
    async [Symbol.asyncDispose]() {
      try {
        await deleteAll();
      } finally {
        if (outer === undefined) Deno.env.delete("LEVADA_STATE");
        else Deno.env.set("LEVADA_STATE", outer);
      }
    },
  };
  await test(lab);
}

async function bundleOf(code: string): Promise<Bundle> {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "module.ts");
  await Deno.writeTextFile(module, code);
  return await bundleModule(pathToFileURL(module), { directory: folder.path });
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

/** Asks a function with JSON. */
export async function post(url: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return await fetch(url, { method: "POST", body: JSON.stringify(body), headers });
}
