/** Modules whose servers answer with the process that answers. */

import { join } from "node:path";
import type { ServeProcess } from "./serve_process.ts";
import { temporaryFolder } from "./temporary_folder.ts";

/** Writes a module that a test serves. */
export async function withModule(code: string, test: (module: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "module.ts");
  await Deno.writeTextFile(module, code);
  await test(module);
}

/** Asks on a connection of its own: the kernel gives each to one of the workers. */
export async function pidOf(url: string, body: object = {}): Promise<number> {
  const headers = { "content-type": "application/json", connection: "close" };
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body), headers, client });
  return (await response.json()).pid;
}

/** Asks until so many workers have answered, other than these. */
export async function pidsOf(
  server: ServeProcess,
  count: number,
  gone: ReadonlySet<number> = new Set(),
): Promise<Set<number>> {
  const pids = new Set<number>();
  while (pids.size < count) {
    const pid = await pidOf(await server.url).catch(() => undefined);
    if (pid !== undefined && !gone.has(pid)) pids.add(pid);
  }
  return pids;
}

/** Whether nobody answers there. */
export async function isGone(url: string): Promise<boolean> {
  return await pidOf(url).then(() => false, () => true);
}
