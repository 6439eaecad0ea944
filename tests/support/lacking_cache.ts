/** A cache of Deno's with what `levada deploy` needs, and no client of any broker. */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./temporary_folder.ts";

const ROOT = new URL("../../", import.meta.url);
const ENTRIES = [
  "lib/cli/main.ts",
  "lib/cli/execute.ts",
  "lib/cli/deploy_of.ts",
  "lib/cli/serving/serve_module.ts",
  "kernel/main.ts",
];

const CLIENTS = /^(@platformatic|@nats-io|redis|@redis|@duckdb|onnxruntime)/; // and what is large

/** Makes it; packages are linked from the cache of this process, where they are. */
export async function lackingCache(): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await temporaryFolder();
  const { denoDir, npmCache } = await info() as { denoDir: string; npmCache: string };
  const [registry] = [...Deno.readDirSync(npmCache)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  const packages = new Set<string>();
  for (const entry of [...ENTRIES, "kernel/engine/bootstrap.ts"]) {
    const { npmPackages } = await info(entry) as {
      npmPackages: Readonly<Record<string, { name: string; version: string }>>;
    };
    for (const { name, version } of Object.values(npmPackages)) {
      packages.add(join(name, version)).add(join(name, "registry.json"));
    }
  }
  for (const one of packages) {
    if (!CLIENTS.test(one)) await link(join(npmCache, registry!, one), join(folder.path, "npm", registry!, one));
  }
  await link(join(denoDir, "dl"), join(folder.path, "dl"));
  return folder;
}

async function info(entry?: string): Promise<unknown> {
  const words = entry === undefined
    ? []
    : ["--lock", fileURLToPath(new URL("deno.lock", ROOT)), fileURLToPath(new URL(entry, ROOT))];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", ...words], stderr: "null" })
    .output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function link(from: string, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from).catch(() => ({ isDirectory: undefined }));
  if (isDirectory === undefined) return; // of another system, or never asked for
  await Deno.mkdir(isDirectory ? to : dirname(to), { recursive: true });
  if (isDirectory) {
    for await (const { name } of Deno.readDir(from)) await link(join(from, name), join(to, name));
  } else {
    await Deno.link(from, to).catch(() => Deno.copyFile(from, to)); // another disk
  }
}
