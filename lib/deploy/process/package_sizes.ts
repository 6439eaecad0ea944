/** How much npm packages take in Deno's cache. */

import { join } from "node:path";

/** A package as npm names it. */
export interface Package {
  readonly name: string;
  readonly version: string;
}

/** Measures packages in the cache of the Deno that runs, in bytes by name; 0 for what is not there. */
export async function measurePackages(packages: readonly Package[]): Promise<Map<string, number>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"], stderr: "null" }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout)) as { npmCache: string };
  const sizes = new Map<string, number>();
  for await (const registry of Deno.readDir(npmCache)) {
    if (!registry.isDirectory) continue;
    for (const { name, version } of packages) {
      sizes.set(name, (sizes.get(name) ?? 0) + await folderBytes(join(npmCache, registry.name, name, version)));
    }
  }
  return sizes;
}

async function folderBytes(path: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const entry of Deno.readDir(path)) {
      const inner = join(path, entry.name);
      if (entry.isDirectory) bytes += await folderBytes(inner);
      else if (entry.isFile) bytes += (await Deno.lstat(inner)).size;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return bytes;
}
