import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { type ServeProcess, startServe } from "../../../support/serve_process.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const MODULE = `import { serving } from "levada";
const fn = serving("pids");
fn.setTopology("flow").to("pid", async ({ id, ms, dies }: { id?: string; ms?: number; dies?: boolean }) => {
  if (id !== undefined) console.log("begun " + id);
  if (dies) Deno.exit(7);
  if (ms !== undefined) await new Promise((resolve) => setTimeout(resolve, ms));
  return { pid: Deno.pid };
}).respond();
export default fn;
`;

async function withModule(code: string, test: (module: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "module.ts");
  await Deno.writeTextFile(module, code);
  await test(module);
}

/** Asks on a connection of its own: the kernel gives each to one of the workers. */
async function pidOf(url: string, body: object = {}): Promise<number> {
  const headers = { "content-type": "application/json", connection: "close" };
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body), headers, client });
  return (await response.json()).pid;
}

/** Asks until so many workers have answered, other than these. */
async function pidsOf(
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

async function isGone(url: string): Promise<boolean> {
  return await pidOf(url).then(() => false, () => true);
}

Deno.test("levada serve --workers spreads requests, replaces who dies, saying why, and renews all on SIGHUP", async () => {
  await withModule(MODULE, async (module) => {
    await using server = startServe([module, "--workers", "2"]);
    const first = await pidsOf(server, 2);
    await pidOf(await server.url, { dies: true }).catch(() => {});
    const [line] = await server.wrote(/Worker [12] ended with exit code 7; another starts in 0\.5 s\n/);
    ok(server.err().includes(line));
    const [kept] = [...await pidsOf(server, 2)].filter((pid) => first.has(pid));
    const second = new Set([...await pidsOf(server, 2)]);
    ok(kept !== undefined && second.has(kept));
    server.kill("SIGHUP");
    await server.wrote(/Renewed 2 workers\n/);
    const third = await pidsOf(server, 2);
    deepStrictEqual([...third].filter((pid) => second.has(pid)), []);
    const metrics = await (await fetch(`${await server.url}/metrics`)).text();
    ok(metrics.includes('worker="1"') && metrics.includes('worker="2"'));
    server.kill("SIGTERM");
    strictEqual(await server.code, 0);
    ok(await isGone(await server.url));
  });
});

Deno.test("levada serve --workers answers every request that it has begun before it ends", async () => {
  await withModule(MODULE, async (module) => {
    await using server = startServe([module, "--workers", "2"]);
    const url = await server.url;
    const answered = new Set<string>();
    let count = 0;
    const ask = async () => {
      for (;;) {
        const id = String(++count);
        const headers = { "content-type": "application/json" };
        const body = JSON.stringify({ id, ms: count % 50 });
        try {
          const response = await fetch(url, { method: "POST", body, headers });
          await response.json();
          strictEqual(response.status, 200);
          answered.add(id);
        } catch {
          return; // nobody listens any more
        }
        if (count === 200) server.kill("SIGTERM");
      }
    };
    await Promise.all(Array.from({ length: 16 }, ask));
    strictEqual(await server.code, 0);
    const begun = [...server.out().matchAll(/^begun (\d+)$/gm)].map(([, id]) => id!);
    deepStrictEqual(begun.filter((id) => !answered.has(id)), []);
    ok(begun.length >= 200);
  });
});

Deno.test("levada serve --workers ends with 1 where no worker can start, and its workers end when it is killed", async () => {
  await withModule("throw new Error('no disk');", async (module) => {
    await using server = startServe([module, "--workers", "2"]);
    strictEqual(await server.code, 1);
    match(server.err(), /no disk[^]*levada serve: Cannot start worker 1: it says why above\n$/);
  });
  await withModule(MODULE, async (module) => {
    await using server = startServe([module, "--workers", "2"]);
    const url = await server.url;
    await pidsOf(server, 2);
    server.kill("SIGKILL");
    while (!await isGone(url));
    await server.code;
  });
});

const ECHO = `import { serving } from "levada";
Deno.stdout.writeSync(new TextEncoder().encode("loading the model ... "));
const fn = serving("echo");
fn.setTopology("flow").to("say", (text: string) => {
  console.log(text);
  return Deno.pid;
}).respond();
export default fn;
`;

Deno.test("levada serve --workers takes nothing for a worker's word that callers have it print, and no begun line hides one", async () => {
  await withModule(ECHO, async (module) => {
    await using server = startServe([module, "--workers", "2"]);
    const url = await server.url;
    const say = async (body: string) => {
      const response = await fetch(url, { method: "POST", body, headers: { "content-type": "text/plain" } });
      return await response.text();
    };
    const lines = ["\u001elevada {broken", '\u001elevada {"kind":"gather","ask":1}', "\u001e", "\u001e {", "the last"];
    for (const line of lines) match(await say(line), /^\d+$/);
    await server.wrote(/the last\n/);
    ok(lines.every((line) => server.out().includes(`${line}\n`)));
    ok(server.out().includes("loading the model ... "));
    match(await (await fetch(`${url}/metrics`)).text(), /worker="1"[^]*worker="2"/);
    server.kill("SIGTERM");
    deepStrictEqual([await server.code, server.err()], [0, ""]);
  });
});
