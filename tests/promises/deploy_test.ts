import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openLocal } from "../../lib/streams/local/open_local.ts";
import { type DeployLab, isAlive, post, withDeployLab } from "../support/deployed.ts";

/** A function that tells its version; a file named `gate` beside the module keeps it from starting. */
const versioned = (version: number, folder: string) =>
  `import { serving } from "levada";
const gate = ${JSON.stringify(join(folder, "gate"))};
const isClosed = () => Deno.stat(gate).then(() => true, () => false);
if (Deno.env.get("LEVADA_WORKER") !== undefined && await isClosed()) {
  await Deno.writeTextFile(gate, String(Deno.pid));
  for await (const _ of Deno.watchFs(${JSON.stringify(folder)})) if (!await isClosed()) break;
}
const fn = serving("versions");
fn.setTopology("flow").to("tell", () => ({ version: ${version}, pid: Deno.pid })).respond();
export default fn;
`;

async function deployed(lab: DeployLab, version: number): Promise<string> {
  const module = await lab.write("versions.ts", versioned(version, lab.folder));
  const { code, err } = await lab.levada("deploy", module);
  strictEqual(code, 0, err);
  return module;
}

/** Resolves when somebody has written the gate's file, with what stands in it. */
async function stopped(gate: string): Promise<number> {
  for (;;) {
    const text = await Deno.readTextFile(gate);
    if (text !== "") return Number(text);
  }
}

Deno.test("a new revision replaces the old one under load without a failed request", async () => {
  await withDeployLab(async (lab) => {
    await deployed(lab, 1);
    const { url } = await lab.status("versions");
    const seen = new Map<number, number>();
    let ends = false;
    const asking = Array.from({ length: 4 }, async () => {
      while (!ends) {
        const { version } = await (await post(url, null)).json(); // throws where a request fails
        seen.set(version, (seen.get(version) ?? 0) + 1);
      }
    });
    await deployed(lab, 2);
    ends = true;
    await Promise.all(asking);
    deepStrictEqual([...seen.keys()], [1, 2]);
    strictEqual((await (await post(url, null)).json()).version, 2);
  });
});

Deno.test("who deploys while another does is refused, and a deploy that is killed leaves the old revision", async () => {
  await withDeployLab(async (lab) => {
    await deployed(lab, 1);
    const before = await lab.status("versions");
    const gate = join(lab.folder, "gate");
    await Deno.writeTextFile(gate, "");
    const module = await lab.write("versions.ts", versioned(2, lab.folder));
    const deploying = lab.start("deploy", module);
    const worker = await stopped(gate);
    const other = await lab.levada("rollback", "versions");
    deepStrictEqual([other.code, other.err], [
      1,
      `levada rollback: Cannot roll back "versions": process ${deploying.pid} changes it now. Try again when that has ended\n`,
    ]);
    deploying.kill("SIGKILL");
    await Promise.all([deploying.status, deploying.stdout.cancel(), deploying.stderr.cancel()]);
    while (isAlive(worker));
    deepStrictEqual(await lab.status("versions"), before);
    strictEqual((await (await post(before.url, null)).json()).version, 1);
    await Deno.remove(gate);
    strictEqual((await lab.levada("deploy", module)).code, 0);
    strictEqual((await (await post(before.url, null)).json()).version, 2);
  });
});

Deno.test("where the supervisor is killed its processes end, status says so, and a deploy starts them again on their ports", async () => {
  await withDeployLab(async (lab) => {
    const module = await deployed(lab, 1);
    const { supervisor, url } = await lab.status("versions");
    const { pid } = await (await post(url, null)).json();
    Deno.kill(supervisor!, "SIGKILL");
    while (isAlive(pid));
    const { state, reason } = await lab.status("versions");
    deepStrictEqual([state, reason], [
      "stopped",
      "its supervisor does not run, as after a start of the machine: deploy again, which starts it",
    ]);
    match((await lab.levada("deploy", module)).out, /nothing of it runs now: it is started/);
    const after = await lab.status("versions");
    deepStrictEqual([after.state, after.url], ["ready", url]);
    strictEqual((await (await post(url, null)).json()).version, 1);
  });
});

Deno.test("where somebody removes the folder of a deployment its processes end", async () => {
  await withDeployLab(async (lab) => {
    await deployed(lab, 1);
    const { supervisor, url } = await lab.status("versions");
    const { pid } = await (await post(url, null)).json();
    await Deno.remove(lab.state, { recursive: true });
    while (isAlive(supervisor!)) await new Promise((look) => setTimeout(look, 100));
    strictEqual(isAlive(pid), false);
  });
});

Deno.test("a port that is taken, a folder that cannot be written, a deadline: each is told, and what ran runs on", async () => {
  await withDeployLab(async (lab) => {
    const module = await lab.write("versions.ts", versioned(1, lab.folder));
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    const first = await lab.levada("deploy", module, "--port", String(port));
    match(
      first.err,
      new RegExp(
        `Cannot deploy "versions": function "versions" cannot have port ${port}: another program listens there`,
      ),
    );
    match(
      (await lab.levada("deploy", module, { LEVADA_STATE: module })).err,
      /^levada deploy: Cannot read what is deployed: .*state\.json: Not a directory/,
    );
    await deployed(lab, 1);
    const before = await lab.status("versions");
    await lab.write("versions.ts", versioned(2, lab.folder));
    const gate = join(lab.folder, "gate");
    await Deno.writeTextFile(gate, "");
    match(
      (await lab.levada("deploy", module, "--deadline", "0.2")).err,
      /Cannot deploy "versions": it is not ready after 0\.2 s/,
    );
    await Deno.remove(gate);
    const revisions = join(lab.state, "deployments", "versions", "revisions");
    await Deno.rename(revisions, `${revisions}.away`);
    await Deno.writeTextFile(revisions, ""); // no folder: as root may write everywhere
    match((await lab.levada("deploy", module)).err, /Cannot deploy "versions": its revision cannot be written to /);
    await Deno.remove(revisions);
    await Deno.rename(`${revisions}.away`, revisions);
    deepStrictEqual(await lab.status("versions"), before);
    strictEqual((await (await post(before.url, null)).json()).version, 1);
  });
});

/** A function with a child unless `CHILDLESS`; it tells what of the environment it has, and dies when it is told. */
const SURROUNDED = `import { queue, serving } from "levada";
const fn = serving("versions", { env: { OWN: "function" } });
const graph = fn.setTopology("flow");
const told = graph.to("tell", (body: { dies?: boolean } | null) => {
  if (body?.dies) {
    Deno.writeTextFileSync("dead", "");
    Deno.exit(7);
  }
  return { own: Deno.env.get("OWN"), token: Deno.env.get("TOKEN"), pid: Deno.pid };
}).respond();
if (!CHILDLESS) {
  fn.addChildFunction("child", { env: { OWN: "child" } });
  told.to("q", queue()).to("print", () => console.log(Deno.env.get("OWN"), Deno.pid), { function: "child" });
}
if (Deno.env.get("LEVADA_WORKER") !== undefined && await Deno.stat("dead").then(() => true, () => false)) {
  throw new Error("cannot live");
}
export default fn;
`;

Deno.test("processes get the environment of who deploys and their function's own; no file has it; a child that is gone ends", async () => {
  await withDeployLab(async (lab) => {
    const module = await lab.write("versions.ts", SURROUNDED.replaceAll("CHILDLESS", "false"));
    const first = await lab.levada("deploy", module, { TOKEN: "first-secret" });
    strictEqual(first.code, 0, first.err);
    const { url } = await lab.status("versions");
    const { pid, ...told } = await (await post(url, null)).json();
    deepStrictEqual(told, { own: "function", token: "first-secret" });
    const [, child] = /child (\d+)/.exec(await written(lab, "versions", /child \d+/))!;
    strictEqual((await lab.levada("deploy", module, { TOKEN: "second-secret" })).code, 0);
    strictEqual((await (await post(url, null)).json()).pid, pid);
    strictEqual((await lab.levada("deploy", module, "--renew", { TOKEN: "second-secret" })).code, 0);
    strictEqual((await (await post(url, null)).json()).token, "second-secret");
    for await (const text of filesBelow(join(lab.state, "deployments"))) ok(!text.includes("-secret"));
    strictEqual(isAlive(Number(child)), false);
    await lab.write("versions.ts", SURROUNDED.replaceAll("CHILDLESS", "true"));
    match((await lab.levada("deploy", module)).out, /function child: ends\n/);
    deepStrictEqual((await lab.status("versions")).functions.map(({ name }) => name), ["versions"]);
  });
});

Deno.test("a function that cannot live is started over and over, status says why, and a mended revision replaces it", async () => {
  await withDeployLab(async (lab) => {
    const module = await lab.write("versions.ts", SURROUNDED.replaceAll("CHILDLESS", "true"));
    strictEqual((await lab.levada("deploy", module)).code, 0);
    const { url } = await lab.status("versions");
    await post(url, { dies: true }).catch(() => {});
    for (;;) {
      const { state, reason, functions: [one] } = await lab.status("versions");
      if (one!.restarts < 4 || reason === undefined) continue; // a crew by itself gives up after three
      strictEqual(state, "failing");
      match(reason, /^versions: 0 of 1 workers serve; the last that ended ended with exit code 1\n[^]*cannot live/);
      break;
    }
    await deployed(lab, 2);
    strictEqual((await (await post(url, null)).json()).version, 2);
  });
});

Deno.test("Ctrl-C ends a deploy with 130, and leaves the old revision", async () => {
  await withDeployLab(async (lab) => {
    await deployed(lab, 1);
    const before = await lab.status("versions");
    const gate = join(lab.folder, "gate");
    await Deno.writeTextFile(gate, "");
    const deploying = lab.start("deploy", await lab.write("versions.ts", versioned(2, lab.folder)));
    const worker = await stopped(gate);
    deploying.kill("SIGINT");
    const [{ code }] = await Promise.all([deploying.status, deploying.stdout.cancel(), deploying.stderr.cancel()]);
    strictEqual(code, 130);
    while (isAlive(worker));
    deepStrictEqual(await lab.status("versions"), before);
  });
});

/** What a deployment has written, once it has written this. */
async function written(lab: DeployLab, name: string, pattern: RegExp): Promise<string> {
  for (;;) {
    const { out } = await lab.levada("logs", name);
    if (pattern.test(out)) return out;
  }
}

/** The texts of all files of the deployments. */
async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* filesBelow(path);
    else yield new TextDecoder().decode(await Deno.readFile(path));
  }
}

Deno.test("notebook 03 runs as two processes: what comes in by the first comes out of the second as in the notebook", async () => {
  await withDeployLab(async (lab) => {
    const notebook = fileURLToPath(new URL("../../notebooks/03_streaming_nlp.ipynb", import.meta.url));
    const { code, out, err } = await lab.levada("deploy", notebook);
    strictEqual(code, 0, out + err);
    const { url, functions } = await lab.status("multi-func");
    deepStrictEqual(functions.map(({ name }) => name), ["multi-func", "enrich"]);
    const paragraphs = ["In 1440 Funchal was small.", "The levada is 80 kilometres long."];
    await using articles = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => Response.json({ title: "Water", paragraphs }),
    );
    await (await post(url, { url: `http://127.0.0.1:${articles.addr.port}/` })).body?.cancel();
    await using entities = await openLocal<{ index: number; text: string; kind: string }>("local://entities", {
      folder: join(lab.state, "streams"),
    });
    const found: [index: number, text: string, kind: string][] = [];
    for await (const delivery of await entities.subscribe({ group: "test" })) {
      for (const { body: { index, text, kind } } of delivery) found.push([index, text, kind]);
      await delivery.ack();
      if (found.length >= 2) break;
    }
    found.sort(([one], [other]) => one - other); // their keys differ, so they come in any order
    deepStrictEqual(found, [[0, "1440", "DATE"], [1, "80", "CARDINAL"]]);
  });
});
