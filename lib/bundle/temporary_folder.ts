import { join } from "node:path";

const LEFT_MS = 3_600_000; // the process may be another container's
const NAME = /^levada-[a-z]+-(\d+)-/;

/** A folder that goes when it is not needed any more; those of programs that were killed go when the next one is made, on Linux. */
export async function temporaryFolder(purpose: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: `levada-${purpose}-${Deno.pid}-` }));
  await removeLeft(join(path, "..")).catch(() => {});
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function removeLeft(parent: string): Promise<void> {
  if (Deno.build.os !== "linux") return;
  for await (const { name } of Deno.readDir(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !await isThere(`/proc/${pid}`)) await removeOld(join(parent, name)).catch(() => {}); // another user's
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (error) => !(error instanceof Deno.errors.NotFound));
}

async function removeOld(path: string): Promise<void> {
  const { mtime } = await Deno.lstat(path);
  if (mtime !== null && Date.now() - mtime.getTime() > LEFT_MS) await Deno.remove(path, { recursive: true });
}
