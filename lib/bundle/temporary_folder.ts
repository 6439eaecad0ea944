import { join } from "node:path";

const LEFT_MS = 3_600_000; // where its process may be another container's
const NAME = /^levada-[a-z]+-(\d+)(?:\.(\d+))?-/;

/** A folder that goes when it is not needed any more; those of programs that were killed go when the next one is made, on Linux. */
export async function temporaryFolder(purpose: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const space = await pidSpace();
  const owner = space === undefined ? `${Deno.pid}` : `${Deno.pid}.${space}`;
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: `levada-${purpose}-${owner}-` }));
  await removeLeft(join(path, ".."), space).catch(() => {});
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Among which processes the numbers of this one's are given; undefined where nobody tells. */
async function pidSpace(): Promise<string | undefined> {
  return /\d+/.exec(await Deno.readLink("/proc/self/ns/pid").catch(() => ""))?.[0];
}

async function removeLeft(parent: string, space: string | undefined): Promise<void> {
  if (Deno.build.os !== "linux") return;
  for await (const { name } of Deno.readDir(parent)) {
    const [, pid, theirs] = NAME.exec(name) ?? [];
    if (pid === undefined || await isThere(`/proc/${pid}`)) continue;
    const path = join(parent, name);
    const isOurs = space !== undefined && theirs === space;
    if (isOurs || await isOld(path)) await Deno.remove(path, { recursive: true }).catch(() => {}); // another user's
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (error) => !(error instanceof Deno.errors.NotFound));
}

async function isOld(path: string): Promise<boolean> {
  const { mtime = null } = await Deno.lstat(path).catch(() => ({ mtime: null }));
  return mtime !== null && Date.now() - mtime.getTime() > LEFT_MS;
}
