import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { RawConnection } from "../../../../support/raw_http.ts";
import { startServe } from "../../../../support/serve_process.ts";
import { isGone, pidOf, pidsOf, withModule } from "../../../../support/served_pids.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

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
    match(server.err(), /no disk[^]*levada serve: worker 1 ended with exit code 1 while it started\n$/);
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

/** It listens; its first workers cannot join their group, as many as the file of its folder says. */
const LONELY = `import { DatabaseSync } from "node:sqlite";
import { serving } from "levada";
const count = Number(Deno.readTextFileSync(Deno.env.get("COUNT")!));
if (Deno.env.get("LEVADA_WORKER") !== undefined && count > 0) {
  Deno.writeTextFileSync(Deno.env.get("COUNT")!, String(count - 1));
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (sql) {
    if (sql.startsWith("INSERT INTO members")) throw new Error("no place in the group");
    return prepare.call(this, sql);
  };
}
const fn = serving("lonely").addTrigger("orders", { stream: "local://orders" });
fn.setTopology("flow").to("see", () => ({ pid: Deno.pid })).respond();
export default fn;
`;

Deno.test("levada serve --workers ends with the cause where none can read its streams; where one can, it goes on, and replaces the others", async () => {
  await using state = await temporaryFolder();
  const env = { LEVADA_STATE: state.path, COUNT: join(state.path, "count") };
  await withModule(LONELY, async (module) => {
    await Deno.writeTextFile(env.COUNT, "1000");
    {
      await using server = startServe([module, "--workers", "2"], { env });
      strictEqual(await server.code, 1);
      match(
        server.err(),
        /no place in the group[^]*levada serve: worker [12] ended with exit code 1 before it read\n$/,
      );
      strictEqual(/Serving lonely/.test(server.out()), false);
    }
    await Deno.writeTextFile(env.COUNT, "1");
    await using server = startServe([module, "--workers", "2"], { env });
    await server.wrote(/Worker [12] ended with exit code 1; another starts in 0\.5 s\n/);
    await pidsOf(server, 2);
    server.kill("SIGTERM");
    strictEqual(await server.code, 0);
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

Deno.test("levada serve ends at once, with 0, when it is asked to while it loads", async () => {
  const loads = `import { ModelServer, serving } from "levada";
class Slow extends ModelServer {
  override async load() {
    console.log("load begins");
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  }
  override predict(): unknown[] {
    return [];
  }
}
const fn = serving("slow");
fn.setTopology("router").addRoute("m", Slow);
export default fn;
`;
  for (const code of [loads, 'console.log("load begins"); await new Promise((go) => setTimeout(go, 600_000));']) {
    await withModule(code, async (module) => {
      for (const words of [[], ["--workers", "2"]]) {
        await using server = startServe([module, ...words]);
        await server.wrote(/load begins\n/);
        server.kill("SIGTERM");
        deepStrictEqual([await server.code, server.err()], [0, ""]);
        strictEqual(server.out(), "load begins\nEnded before it served.\n");
      }
    });
  }
});

Deno.test("levada serve answers on when nobody reads what it says", async () => {
  await withModule(ECHO, async (module) => {
    for (const words of [[], ["--workers", "2"]]) {
      const main = new URL("../../../../../lib/cli/main.ts", import.meta.url).pathname;
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", "--lock=deno.lock", "-A", main, "serve", module, "--port", "0", ...words],
        stdout: "piped",
        stderr: "piped",
        stdin: "null",
      }).spawn();
      const reader = child.stdout.getReader();
      let text = "";
      while (!/ on (\S+) .*\n/.test(text)) text += new TextDecoder().decode((await reader.read()).value);
      const url = / on (\S+) /.exec(text)![1]!;
      await reader.cancel();
      if (words.length > 0) {
        for (const line of ["1", "2", "3"]) {
          match(await (await fetch(url, { method: "POST", body: line })).text(), /^\d+$/);
        }
      }
      child.kill("SIGTERM");
      const [{ code }, err] = await Promise.all([child.status, new Response(child.stderr).text()]);
      deepStrictEqual([code, err], [0, ""]);
    }
  });
});

Deno.test("levada serve ends with 1 and a sentence where its grace is over, alone and with workers; a second SIGTERM ends it at once", async () => {
  await withModule(MODULE, async (module) => {
    const step = 'levada serve: Cannot end as it should: Step "pid" had no answer for event \\S+ after \\d+ ms\n';
    for (
      const [words, told] of [
        [[], step],
        [["--workers", "2"], `${step}levada serve: Cannot end .* of 50 ms: worker [12] ended with exit code 1\n`],
      ] as const
    ) {
      await using server = startServe([module, "--grace", "0.05", ...words]);
      const asked = pidOf(await server.url, { id: "late", ms: 600_000 });
      await server.wrote(/begun late\n/);
      server.kill("SIGTERM");
      const pid = await asked;
      deepStrictEqual([pid, await server.code], [undefined, 1]);
      match(server.err().replace(/^\{.*\n/gm, ""), new RegExp(`^${told}$`));
    }
    for (const words of [[], ["--workers", "2"]]) {
      await using server = startServe([module, ...words]);
      const asked = pidOf(await server.url, { id: "late", ms: 600_000 }).catch(() => "broken off");
      await server.wrote(/begun late\n/);
      server.kill("SIGTERM");
      await server.wrote(/Ending: /);
      server.kill("SIGTERM");
      deepStrictEqual([await server.code, await asked], [143, "broken off"]);
    }
  });
});

const LARGE = `import { serving } from "levada";
const fn = serving("large");
fn.setTopology("flow").to("large", () => new Uint8Array(32 * 2 ** 20)).respond();
export default fn;
`;

Deno.test("levada serve ends with 1 and a sentence where it cut off a reply, alone and with workers", async () => {
  await withModule(LARGE, async (module) => {
    const cut = "levada serve: Cannot end as it should: 1 reply was cut off, not read to the end after 50 ms\\n";
    for (
      const [words, told] of [
        [[], cut],
        [["--workers", "2"], `${cut}levada serve: Cannot end .* of 50 ms: worker [12] ended with exit code 1\\n`],
      ] as const
    ) {
      await using server = startServe([module, "--grace", "0.05", ...words]);
      using reader = await RawConnection.open(await server.url);
      await reader.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      await reader.more();
      server.kill("SIGTERM");
      strictEqual(await server.code, 1);
      match(server.err().replace(/^\{.*\n/gm, ""), new RegExp(`^${told}$`));
    }
  });
});

const MODELS = `import { ModelServer, serving } from "levada";
class Sum extends ModelServer {
  override load() {
    if (Deno.env.get("BREAKS") === "yes" && Sum.loads++ > 1) throw new Error("the file is gone");
  }
  static loads = 0;
  predict({ inputs }: { inputs: readonly unknown[] }) {
    return [inputs[0] === "die" ? Deno.exit(7) : Deno.pid];
  }
}
const fn = serving("models");
fn.setTopology("router").addRoute("kept", Sum).addRoute("sum", Sum);
export default fn;
`;

/** The second load of `half` fails in worker 2; that of `stuck` never ends. */
const ODD_MODELS = `import { ModelServer, serving } from "levada";
class Sum extends ModelServer {
  predict() {
    return [Deno.pid];
  }
}
class Half extends Sum {
  static loads = 0;
  override load() {
    if (Half.loads++ > 0 && Deno.env.get("LEVADA_WORKER") === "2") throw new Error("no room");
  }
}
class Stuck extends Sum {
  static loads = 0;
  override async load() {
    if (Stuck.loads++ > 0) await new Promise((go) => setTimeout(go, 600_000));
  }
}
const fn = serving("models");
fn.setTopology("router").addRoute("m:v1", Sum).addRoute("m:v2", Sum).addRoute("half", Half).addRoute("stuck", Stuck);
export default fn;
`;

/** Asks over a connection of its own each time, so that requests are spread. */
async function post(url: string, body: object = {}): Promise<{ status: number; body: string }> {
  const headers = { "content-type": "application/json", connection: "close" };
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body), headers });
  return { status: response.status, body: await response.text() };
}

/** The statuses that a model's requests have, whichever worker they come to. */
async function statusesOf(url: string, model: string): Promise<number[]> {
  const seen = new Set<number>();
  for (let n = 0; n < 40; n++) seen.add((await post(`${url}/v2/models/${model}/infer`, { inputs: [1] })).status);
  return [...seen];
}

Deno.test("levada serve --workers takes a model away in all workers, those that come later among them, and loads it in all", async () => {
  await withModule(MODELS, async (module) => {
    await using server = startServe([module, "--workers", "2"]);
    const url = await server.url;
    const statuses = () => statusesOf(url, "sum");
    deepStrictEqual(await statuses(), [200]);
    strictEqual((await post(`${url}/v2/repository/models/sum/unload`)).status, 200);
    deepStrictEqual(await statuses(), [404]);
    await post(`${url}/v2/models/kept/infer`, { inputs: ["die"] }).catch(() => {});
    await server.wrote(/Worker [12] ended with exit code 7/);
    const both = new Set<number>();
    while (both.size < 2) {
      both.add(JSON.parse((await post(`${url}/v2/models/kept/infer`, { inputs: [1] })).body).outputs[0]);
    }
    deepStrictEqual(await statuses(), [404]);
    strictEqual((await post(`${url}/v2/repository/models/sum/load`)).status, 200);
    deepStrictEqual(await statuses(), [200]);
    strictEqual((await post(`${url}/v2/repository/models/none/load`)).status, 404);
  });
});

Deno.test("levada serve --workers tells why a model could not be loaded in them", async () => {
  await withModule(MODELS, async (module) => {
    await using server = startServe([module, "--workers", "2"], { env: { BREAKS: "yes" } });
    const { status, body } = await post(`${await server.url}/v2/repository/models/sum/load`);
    deepStrictEqual([status, JSON.parse(body).error], [500, 'Cannot load model "sum": the file is gone']);
  });
});

Deno.test("levada serve --workers has all answer alike: renewed ones, and where a load fails in one or never ends", async () => {
  await withModule(ODD_MODELS, async (module) => {
    await using server = startServe([module, "--workers", "2"]);
    const url = await server.url;
    await server.wrote(/2 workers share port/);
    const change = async (act: string) => (await post(`${url}/v2/repository/models/${act}`)).status;
    deepStrictEqual([await change("m:v1/unload"), await change("m/load"), await change("m:v2/unload")], [
      200,
      200,
      200,
    ]);
    server.kill("SIGHUP");
    await server.wrote(/Renewed 2 workers\n/);
    deepStrictEqual([await statusesOf(url, "m:v1"), await statusesOf(url, "m:v2")], [[200], [404]]);

    strictEqual(await change("half/unload"), 200);
    const { status, body } = await post(`${url}/v2/repository/models/half/load`);
    const told = 'Cannot load model "half": no room (worker 2; unloaded in all workers: half)';
    deepStrictEqual([status, JSON.parse(body).error, await statusesOf(url, "half")], [500, told, [404]]);

    const leaving = new AbortController();
    const stuck = fetch(`${url}/v2/repository/models/stuck/load`, { method: "POST", signal: leaving.signal });
    const left = stuck.catch(({ name }) => name);
    strictEqual(await change("m:v1/unload"), 200);
    deepStrictEqual([await statusesOf(url, "m:v1"), await statusesOf(url, "stuck")], [[404], [200]]);
    leaving.abort();
    strictEqual(await left, "AbortError");
  });
});
