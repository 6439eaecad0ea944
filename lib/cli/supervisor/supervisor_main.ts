/** The process that watches over a deployment, and survives who started it. Its first word is the folder of the state, its second the name. */

import type { ApplyWish } from "../../deploy/process/deployed_state.ts";
import type { ApplyWord } from "../../deploy/deploy_progress.ts";
import { isLocked } from "../../deploy/process/deploy_lock.ts";
import { holdFile } from "../../deploy/process/file_lock.ts";
import { readState } from "../../deploy/process/read_state.ts";
import { type DeploymentFolder, deploymentFolder, writeWhole } from "../../deploy/process/state_folder.ts";
import { type RefusedError, Supervisor } from "./supervisor.ts";

const LOOK_MS = 5_000;

/** Serves one deployment until it is asked to end. */
async function supervise(state: string, name: string): Promise<void> {
  const folder = deploymentFolder(name, state);
  const lock = await holdFile(folder.supervisorLock);
  if (lock === undefined) throw new Error("another supervisor lives. End it by its process id");
  const supervisor = new Supervisor(folder, await readState(`watch over "${name}"`, folder));
  const token = crypto.randomUUID();
  const ended = Promise.withResolvers<void>();
  const end = () => ended.resolve();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (request.headers.get("authorization") !== `Bearer ${token}`) return new Response(null, { status: 401 });
    const { pathname } = new URL(request.url);
    if (pathname === "/status") return Response.json(supervisor.status() ?? null);
    if (pathname === "/stop") {
      await supervisor.stop();
      end();
      return Response.json(null);
    }
    return apply(supervisor, await request.json() as ApplyWish, end);
  });
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", end);
  Deno.addSignalListener("SIGINT", end);
  const file = JSON.stringify({ pid: Deno.pid, url: `http://127.0.0.1:${server.addr.port}`, token });
  const tell = () => writeWhole(folder.supervisorFile, file, { mode: 0o600 });
  await tell();
  const look = async () => {
    // who removed the folder has taken along all that knows of these processes; who started this may have died before it said what runs
    if (!await lock.isInPlace() || supervisor.isIdle && !await isLocked(folder)) end();
    else {
      if (!await exists(folder.supervisorFile)) await tell();
      if (!await exists(folder.stateFile)) await supervisor.keepState(); // or who deploys next would think that nothing runs
    }
  };
  const looking = setInterval(() => void look().catch(() => {}), LOOK_MS); // what cannot be read now may be later
  await ended.promise;
  clearInterval(looking);
  await supervisor.stop();
  await server.shutdown();
  await Deno.remove(folder.supervisorFile).catch(() => {});
  if (!supervisor.hasRun && await lock.isInPlace()) await forget(folder).catch(() => {});
  Deno.exit(0);
}

/** Leaves nothing of a deployment that has never run, unless somebody deploys it, who would. */
async function forget(folder: DeploymentFolder): Promise<void> {
  using held = await holdFile(folder.lockFile);
  if (held !== undefined && !await exists(folder.stateFile)) await Deno.remove(folder.path, { recursive: true });
}

/** A file is there unless that is known not to be so. */
async function exists(file: string): Promise<boolean> {
  return await Deno.stat(file).then(() => true, (error) => !(error instanceof Deno.errors.NotFound));
}

/** Has it run a revision, and says how far that is, a line each. `end` is called where nothing runs afterwards. */
function apply(supervisor: Supervisor, wish: ApplyWish, end: () => void): Response {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const say = (word: ApplyWord) => writer.write(new TextEncoder().encode(`${JSON.stringify(word)}\n`)).catch(() => {});
  void supervisor.apply(wish, (progress) => void say({ kind: "progress", progress })).then(
    () => say({ kind: "done" }),
    (error: Partial<RefusedError>) => {
      if (supervisor.status() === undefined) end(); // nothing runs: there is nothing to watch
      return say({ kind: "refused", message: error.message ?? "", lines: error.lines ?? [] });
    },
  ).then(() => writer.close()).catch(() => {}); // who asked may have gone
  return new Response(readable, { headers: { "content-type": "application/x-ndjson" } });
}

if (import.meta.main) {
  try {
    await supervise(Deno.args[0]!, Deno.args[1]!);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
