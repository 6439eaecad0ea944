import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { serveWords } from "../../../../../lib/cli/serving/serve_words.ts";
import { startServe } from "../../../../support/serve_process.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

Deno.test("serveWords() puts LEVADA_SERVE before the command line, and refuses what is no list of words", async () => {
  try {
    Deno.env.set("LEVADA_SERVE", `["--port", "1"]`);
    deepStrictEqual(await serveWords(["--port", "2"]), ["--port", "1", "--port", "2"]);
    for (const text of ["--port 1", "{}", "[1]"]) {
      Deno.env.set("LEVADA_SERVE", text);
      await rejects(serveWords([]), {
        name: "UsageError",
        message: `LEVADA_SERVE is a list of words as JSON, ["--access-log"]: got ${text}`,
      });
    }
  } finally {
    Deno.env.delete("LEVADA_SERVE");
  }
  deepStrictEqual(await serveWords(["a"]), ["a"]);
});

Deno.test("levada serve --health-port tells that it lives while the function loads, then that it is ready, and --linger answers on", async () => {
  await using folder = await temporaryFolder();
  const [module, gate] = [join(folder.path, "late.ts"), join(folder.path, "gate")];
  await Deno.writeTextFile(
    module,
    `import { serving } from "levada";
while (await Deno.stat(${
      JSON.stringify(gate)
    }).then(() => false, () => true)) await new Promise((go) => setTimeout(go, 10));
const fn = serving("late");
fn.setTopology("flow").to("same", (body: unknown) => body).respond();
export default fn;
`,
  );
  const health = freePort();
  const words = ["--health-port", String(health), "--linger", "1.5", "--host", "127.0.0.1"];
  await using server = startServe([module], { env: { LEVADA_SERVE: JSON.stringify(words) } });
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${health}${path}`);
    return [response.status, await response.text()];
  };
  while (!await ask("/live").then(() => true, () => false)) await new Promise((go) => setTimeout(go, 20));
  deepStrictEqual(await ask("/live"), [200, `{"live":true}`]);
  deepStrictEqual(await ask("/ready"), [503, `{"ready":false,"reasons":[{"reason":"the function is being loaded"}]}`]);
  deepStrictEqual(await ask("/"), [404, "Only health is told here\n"]);
  await Deno.writeTextFile(gate, "");
  const url = await server.url;
  deepStrictEqual(await ask("/__internal/health"), [200, `{"ready":true}`]);
  match(server.out(), new RegExp(`  health alone on port ${health}\n`));

  server.kill("SIGTERM");
  await server.wrote(/Ending in 1\.5 s: who has not heard of it yet is answered/);
  const late = await fetch(url, { method: "POST", body: "7", headers: { "content-type": "application/json" } });
  deepStrictEqual([await late.text(), (await ask("/live"))[0]], ["7", 200]);
  strictEqual(await server.code, 0);
  ok(server.out().endsWith("Ended.\n"));
});

Deno.test("levada serve --health-port says who has the port, and that it is about one process", async () => {
  await using folder = await temporaryFolder();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const module = join(folder.path, "none.ts");
  await Deno.writeTextFile(module, "");
  await using server = startServe([module, "--health-port", String(taken.addr.port)]);
  strictEqual(await server.code, 1);
  match(server.err(), new RegExp(`on 127\\.0\\.0\\.1:${taken.addr.port}: another program listens there`));
  await using workers = startServe([module, "--linger", "1", "--workers", "2"]);
  strictEqual(await workers.code, 2);
  match(workers.err(), /--linger is about one process: leave --workers out/);
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
