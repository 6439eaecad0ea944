import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deployBundle } from "../../lib/deploy/deploy_bundle.ts";
import { ProcessDeployment } from "../../lib/deploy/process/deployment.ts";
import type { DeployProgress } from "../../lib/deploy/deploy_progress.ts";
import { deploymentNames } from "../../lib/deploy/process/state_folder.ts";
import { openLocal } from "../../lib/streams/local/open_local.ts";
import { type DeployLab, isAlive, post, withDeployLab } from "../support/deployed.ts";

/** A function that tells its version; a file named by GATE keeps its workers from starting. */
const versioned = (version: number) =>
  `import { dirname } from "node:path";
import { serving } from "levada";
const gate = Deno.env.get("GATE") ?? "";
const isClosed = () => Deno.stat(gate).then(() => true, () => false);
if (Deno.env.get("LEVADA_WORKER") !== undefined && await isClosed()) {
  await Deno.writeTextFile(gate, String(Deno.pid));
  for await (const _ of Deno.watchFs(dirname(gate))) if (!await isClosed()) break;
}
const fn = serving("versions");
fn.setTopology("flow").to("tell", () => ({ version: ${version}, pid: Deno.pid })).respond();
export default fn;
`;
const [FIRST, SECOND, THIRD] = [versioned(1), versioned(2), versioned(3)];
const failing = (when: string, what: string) =>
  `import { serving } from "levada";
const fn = serving("versions");
if (${when}) {
  console.error("looking for the disk");
  throw new Error("no disk");
}
fn.setTopology("flow")${what}.respond();
export default fn;
`;
/** Does not start at all; starts, but not as a worker; is killed there without a word; has a step in a child that nobody declared. */
const [BROKEN, BROKEN_LATER, SILENT, CHILDISH] = [
  failing(`Deno.env.get("LEVADA_BROKEN") !== "no"`, `.to("tell", () => 1)`),
  failing(`Deno.env.get("LEVADA_WORKER") !== undefined`, `.to("tell", () => 1)`),
  failing(`Deno.env.get("LEVADA_WORKER") !== undefined && !Deno.kill(Deno.pid, "SIGKILL")`, `.to("tell", () => 1)`),
  failing("false", `.to("a", () => 1).to("b", () => 1, { function: "nobody" })`),
];

interface Told {
  readonly version: number;
  readonly pid: number;
}

async function told(url: string): Promise<Told> {
  return await (await post(url, null)).json();
}

/** Closes the gate, and tells which worker has come to it. */
async function closeGate(gate: string): Promise<() => Promise<number>> {
  await Deno.writeTextFile(gate, "");
  return async () => {
    for (;;) {
      const text = await Deno.readTextFile(gate);
      if (text !== "") return Number(text);
    }
  };
}

Deno.test("a first deploy that is refused, or is too late, leaves nothing that is listed", async () => {
  await withDeployLab(async (lab) => {
    await rejects(lab.deploy(FIRST, { deadlineMs: 1 }), /its code is not loaded after 0\.0 s/);
    const late = { deadlineMs: 60_000, spentMs: 60_000 }; // by who made the bundle
    await rejects(deployBundle(await lab.bundle(FIRST), late), /its code is not loaded after 0\.0 s/);
    deepStrictEqual(await deploymentNames(lab.state), []);
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await rejects(lab.deploy(FIRST, { port: taken.addr.port }), /another program listens there/);
    deepStrictEqual(await deploymentNames(lab.state), []);
  });
});

Deno.test("what happens to a deployment: one that runs, and everything that may befall it and those who change it", async (t) => {
  await withDeployLab(async (lab) => {
    const gate = join(lab.folder, "gate");
    Deno.env.set("GATE", gate);
    await using _gate = {
      // deno-lint-ignore require-await -- disposed of by `await using`
      async [Symbol.asyncDispose]() {
        Deno.env.delete("GATE");
      },
    };
    const { url } = await lab.deploy(FIRST);
    /** Whatever the step does, the deployment is as it was afterwards, and answers. */
    const unharmed = async (name: string, step: () => Promise<void>) => {
      await t.step(`${name}; what ran runs on`, async () => {
        const before = [await lab.status("versions"), await told(url)];
        await step();
        deepStrictEqual([await lab.status("versions"), await told(url)], before);
      });
    };
    const refused = async (code: string, message: RegExp) => {
      const { name, message: text } = await lab.deploy(code).then(() => ({ name: "", message: "" }), (error) => error);
      ok(["DeployError", "BundleError"].includes(name), name);
      match(text, message);
    };

    await t.step("a new revision replaces the old one under load without a failed request", async () => {
      const seen = new Map<number, number>();
      let ends = false;
      const asking = Array.from({ length: 4 }, async () => {
        while (!ends) {
          const { version } = await told(url); // throws where a request fails
          seen.set(version, (seen.get(version) ?? 0) + 1);
        }
      });
      const progress: DeployProgress[] = [];
      const deployment = await lab.deploy(SECOND, { onProgress: (one) => progress.push(one) });
      ends = true;
      await Promise.all(asking);
      deepStrictEqual([...seen.keys()], [1, 2]);
      deepStrictEqual([(await told(url)).version, deployment.url], [2, url]);
      deepStrictEqual(progress.map(({ state, function: name, url }) => [state, name, url]), [
        ["checking", undefined, undefined],
        ["starting", "versions", undefined],
        ["ready", "versions", url],
        ["replacing", undefined, undefined],
      ]);
    });

    await unharmed("who deploys while another does is refused, and a deploy is killed", async () => {
      const bundle = await lab.bundleFolder(THIRD);
      const comes = await closeGate(gate);
      const deploying = lab.start("deploy", bundle);
      const worker = await comes();
      await rejects(lab.deploy(THIRD), {
        name: "DeployError",
        message: `Cannot deploy "versions": process ${deploying.pid} changes it now. Try again when that has ended`,
      });
      deploying.kill("SIGKILL");
      await Promise.all([deploying.status, deploying.stdout.cancel(), deploying.stderr.cancel()]);
      while (isAlive(worker)) await new Promise((look) => setTimeout(look, 10));
    });

    await unharmed("Ctrl-C ends a deploy with 130", async () => {
      const comes = await closeGate(gate);
      const deploying = lab.start("deploy", await lab.bundleFolder(THIRD));
      const worker = await comes();
      deploying.kill("SIGINT");
      const [{ code }] = await Promise.all([deploying.status, deploying.stdout.cancel(), deploying.stderr.cancel()]);
      strictEqual(code, 130);
      while (isAlive(worker)) await new Promise((look) => setTimeout(look, 10));
    });

    await unharmed("a program gives its deploy up by a signal", async () => {
      const comes = await closeGate(gate);
      const abort = new AbortController();
      const deploying = lab.deploy(THIRD, { signal: abort.signal });
      deploying.catch(() => {});
      const worker = await comes();
      abort.abort(new Error("enough"));
      await rejects(deploying, /enough/);
      while (isAlive(worker)) await new Promise((look) => setTimeout(look, 10));
    });

    await unharmed("a deploy takes longer than its deadline", async () => {
      await closeGate(gate);
      await rejects(
        new ProcessDeployment("versions", { deadlineMs: 500, renew: true }).apply(), // of what runs: it is not checked again
        /^DeployError: Cannot deploy "versions": function "versions" is not ready after 0\.5 s/,
      );
      await rejects(
        lab.deploy(THIRD, { deadlineMs: 1 }),
        /Cannot start the bundle of "versions".*\n.*its code is not loaded after 0\.0 s/,
      );
      await Deno.remove(gate);
    });

    await unharmed("a port is taken", async () => {
      using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = taken.addr;
      await rejects(
        lab.deploy(THIRD, { port }),
        new RegExp(`"versions" cannot have port ${port}: another program listens there\\. Stop that, or give another`),
      );
    });

    await unharmed("a bundle does not start", async () => {
      Deno.env.set("LEVADA_BROKEN", "no"); // where it is described
      await lab.bundle(BROKEN);
      Deno.env.delete("LEVADA_BROKEN");
      await refused(BROKEN, /^Cannot start the bundle of "versions": [^]*looking for the disk[^]*no disk/);
    });

    await unharmed("a bundle starts, but its workers do not", async () => {
      await refused(
        BROKEN_LATER,
        /^Cannot deploy "versions": function "versions" does not start: worker 1 ended with exit code 1 while it started\n {2}looking for the disk\n[^]*no disk/,
      );
    });

    await unharmed("a worker dies without a word while it starts", async () => {
      await refused(
        SILENT,
        /^Cannot deploy "versions": function "versions" does not start: worker 1 was ended by SIGKILL while it started$/,
      );
    });

    await unharmed("a child is unknown", async () => {
      await refused(CHILDISH, /"b"[^]*runs in function "nobody", which is not declared/);
      await rejects(
        Array.fromAsync((await lab.deploy(SECOND)).logs({ function: "nobody" })),
        /Cannot read the logs of "versions": it has no function "nobody", only versions/,
      );
    });

    await unharmed("the state folder cannot be written, or read", async () => {
      const revisions = join(lab.state, "deployments", "versions", "revisions");
      await Deno.rename(revisions, `${revisions}.away`);
      await Deno.writeTextFile(revisions, ""); // no folder: as root may write everywhere
      await refused(THIRD, /^Cannot deploy "versions": its revision cannot be written to /);
      await Deno.remove(revisions);
      await Deno.rename(`${revisions}.away`, revisions);
      const elsewhere = { LEVADA_STATE: join(lab.folder, "gate-less", "file") };
      await Deno.mkdir(join(lab.folder, "gate-less"));
      await Deno.writeTextFile(elsewhere.LEVADA_STATE, "");
      match(
        (await lab.levada("deploy", await lab.bundleFolder(THIRD), elsewhere)).err,
        /^levada deploy: Cannot deploy "versions": what is deployed cannot be read: Not a directory.*state\.json/,
      );
    });

    await t.step(
      "where the supervisor is killed its processes end, and a deploy starts them again on their ports",
      async () => {
        const { supervisor } = await lab.status("versions");
        const { pid } = await told(url);
        Deno.kill(supervisor!, "SIGKILL");
        while (isAlive(pid)) await new Promise((look) => setTimeout(look, 10));
        const { state, reason } = await lab.status("versions");
        deepStrictEqual([state, reason], [
          "stopped",
          "its supervisor is gone, as after a start of the machine; `levada resume versions` starts it again",
        ]);
        const deployment = await lab.deploy(SECOND, { dryRun: true });
        deepStrictEqual((await deployment.plan()).changes, ["nothing of it runs now: it is started"]);
        deepStrictEqual([(await deployment.apply()).state, deployment.url], ["ready", url]);
        strictEqual((await told(url)).version, 2);
      },
    );

    await t.step("where somebody removes the folder of a deployment its processes end", async () => {
      const { supervisor } = await lab.status("versions");
      const { pid } = await told(url);
      await Deno.remove(lab.state, { recursive: true });
      while (isAlive(supervisor!)) await new Promise((look) => setTimeout(look, 100));
      strictEqual(isAlive(pid), false);
    });
  });
});

/** A function with a child unless it has none; it tells what of the environment it has, and dies when it is told. */
const surrounded = (hasChild: boolean) =>
  `import { queue, serving } from "levada";
const fn = serving("surrounded", { env: { OWN: "function" } });
const graph = fn.setTopology("flow");
const told = graph.to("tell", (body: { dies?: boolean } | null) => {
  if (body?.dies) {
    Deno.writeTextFileSync("dead", "");
    Deno.exit(7);
  }
  return { own: Deno.env.get("OWN"), token: Deno.env.get("TOKEN"), pid: Deno.pid };
}).respond();
if (${hasChild}) {
  fn.addChildFunction("child", { env: { OWN: "child" }, resources: { gpu: 1, memory: "2Gi" } });
  told.to("q", queue()).to("print", () => console.log(Deno.env.get("OWN"), Deno.pid), { function: "child" });
}
if (Deno.env.get("LEVADA_WORKER") !== undefined && await Deno.stat("dead").then(() => true, () => false)) {
  throw new Error("cannot live");
}
export default fn;
`;

Deno.test("the processes of a deployment: their environment, which no file has; a child that is gone ends; one that cannot live is started over and over", async () => {
  await withDeployLab(async (lab) => {
    const bundle = await lab.bundleFolder(surrounded(true));
    const first = await lab.levada("deploy", bundle, { TOKEN: "first-secret" });
    strictEqual(first.code, 0, first.err);
    match(
      first.out,
      /function child: resources \(gpu, memory\) are for a cluster; the process target does not look at them\n/,
    );
    match(
      first.out,
      / {2}child: starting …\n {2}child: ready, http:\S+\n {2}surrounded: starting …\n {2}surrounded: ready, http/,
    );
    const { url } = await lab.status("surrounded");
    const { pid, ...told } = await (await post(url, null)).json();
    deepStrictEqual(told, { own: "function", token: "first-secret" });
    const [, child] = /child (\d+)/.exec(await written(lab, "surrounded", /child \d+/))!;
    strictEqual((await lab.levada("deploy", bundle, { TOKEN: "second-secret" })).code, 0);
    strictEqual((await (await post(url, null)).json()).pid, pid);
    strictEqual((await lab.levada("deploy", bundle, "--renew", { TOKEN: "second-secret" })).code, 0);
    strictEqual((await (await post(url, null)).json()).token, "second-secret");
    for await (const text of filesBelow(join(lab.state, "deployments"))) ok(!text.includes("-secret"));
    strictEqual(isAlive(Number(child)), false);

    const childless = await lab.deploy(surrounded(false), { dryRun: true });
    ok((await childless.plan()).changes.includes("function child: ends"));
    await childless.apply();
    deepStrictEqual((await lab.status("surrounded")).functions.map(({ name }) => name), ["surrounded"]);

    await post(url, { dies: true }).catch(() => {});
    for (;;) {
      const { state, reason, functions: [one] } = await lab.status("surrounded");
      if (one!.restarts < 4 || reason === undefined) { // a crew by itself gives up after three
        await new Promise((look) => setTimeout(look, 20));
        continue;
      }
      strictEqual(state, "failing");
      match(reason, /^surrounded: 0 of 1 workers serve; the last that ended ended with exit code 1\n[^]*cannot live/);
      break;
    }
    await lab.deploy(surrounded(true));
    strictEqual((await (await post(url, null)).json()).own, "function");
  });
});

/** What a deployment has written, once it has written this. */
async function written(lab: DeployLab, name: string, pattern: RegExp): Promise<string> {
  const logs = join(lab.state, "deployments", name, "logs");
  for (;;) {
    const texts = await Array.fromAsync(filesBelow(logs));
    const text = texts.find((one) => pattern.test(one));
    if (text !== undefined) return text;
    await new Promise((look) => setTimeout(look, 10));
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
