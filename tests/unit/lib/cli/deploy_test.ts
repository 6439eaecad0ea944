import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { isAlive, post, withDeployLab } from "../../../support/deployed.ts";
import { lackingCache } from "../../../support/lacking_cache.ts";
import { notebookOf } from "../../../support/notebook_of.ts";

/** What the displays of a cell show at last, in text. */
async function displaysOf(path: string, cell: number): Promise<string[]> {
  const { cells } = JSON.parse(await Deno.readTextFile(path));
  return cells[cell].outputs.filter((one: { output_type: string }) => one.output_type === "display_data").map((
    { data }: { data: Record<string, string | string[]> },
  ) => [data["text/plain"]].flat().join(""));
}

const FUNCTION = [
  `import { queue, serving } from "levada";
const rate = 3;
function priced(n: number) { return n * rate; }`,
  `const other = serving("other");
other.setTopology("flow").to("same", (body: unknown) => body).respond();
const fn = serving("notes").addChildFunction("kept");
fn.setTopology("flow").to("priced", priced).respond()
  .to("q", queue()).to("keep", (n: number) => console.log("kept", n), { function: "kept" });`,
];

Deno.test("fn.deploy() in a notebook: what it deployed answers in the next cell, and when the notebook has ended; levada deploy NOTEBOOK runs up to that cell and makes the same", async () => {
  await withDeployLab(async (lab) => {
    const path = await lab.write(
      "notes.ipynb",
      notebookOf(
        ...FUNCTION,
        `const deployment = await fn.deploy({ workers: 2 });
if (await fn.invoke("/", 14) !== 42) throw new Error("wrong");`,
        `const again = await fn.deploy({ workers: 2, dryRun: true });
if ((await again.plan()).changes.length !== 0) throw new Error(JSON.stringify(await again.plan()));
await again.apply();
const { state, functions } = await deployment.status();
if (state !== "ready" || functions.length !== 2) throw new Error(state);
for await (const line of deployment.logs({ follow: true, function: "kept" })) if (line === "kept 42") break;`,
      ),
    );
    const output = `${path}.out.ipynb`;
    const run = await lab.levada("run", path, "--output", output);
    strictEqual(run.code, 0, run.err + run.out);
    deepStrictEqual((await displaysOf(output, 2)).map((one) => one.replaceAll(/http:\S+|\d+ s/g, "…")), [
      "✓  notes  ready  …  …",
      "✓  kept  ready  …  …",
    ]);
    const [applied, ...more] = await displaysOf(output, 3); // an act has its display in the cell that does it
    deepStrictEqual([applied?.replace(/\d+ s$/, "…"), more.length], ["✓  notes  runs as it is wished  …", 0]);
    const { state, url, functions } = await lab.status("notes");
    deepStrictEqual([state, functions.map(({ serving }) => serving)], ["ready", [2, 2]]);
    strictEqual(await (await post(url, 2)).json(), 6);

    const same = [...FUNCTION, "await fn.deploy({ workers: 2 });", `throw new Error("not to be run")`];
    const again = await lab.levada("deploy", await lab.write("notes.ipynb", notebookOf(...same)));
    strictEqual(again.code, 0, again.out + again.err);
    match(again.out, /nothing to change/); // the same bundle, and the workers of the cell
  });
});

Deno.test("levada deploy --deadline counts what a module or a notebook takes before it can be bundled; a notebook's kernel ends", async () => {
  await withDeployLab(async (lab) => {
    const never = "await new Promise(() => setTimeout(() => {}, 1e9));";
    const pidFile = await lab.write("pid", "");
    const paths = [
      await lab.write("never.ts", `${never}\nexport default 1;`),
      await lab.write("never.ipynb", notebookOf(`Deno.writeTextFileSync("${pidFile}", String(Deno.pid));`, never)),
    ];
    for (const path of paths) {
      const { code, err } = await lab.levada("deploy", path, "--deadline", "6");
      strictEqual(code, 1);
      match(
        err,
        /levada deploy: Cannot deploy \S*never\.(ipynb: it is not bundled after 6 s|ts: it is not bundled after 6 s: its module is not loaded whole\. See what it waits for at its top level)\n$/,
      );
    }
    const kernel = Number(await Deno.readTextFile(pidFile));
    ok(kernel > 0);
    while (isAlive(kernel)) await new Promise((look) => setTimeout(look, 20));
    strictEqual((await lab.levada("list")).out, "Nothing is deployed.\n");
  });
});

/** Whether a process does anything; who has ended may wait for somebody to ask how. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  return /\) [^ZX] /.test(stat);
}

Deno.test("levada deploy ends, and what it started, where a module never comes to its end: by its deadline, by a signal, and when it is killed", async () => {
  await withDeployLab(async (lab) => {
    const pidFile = join(lab.folder, "pid");
    const round = await lab.write(
      "round.ts",
      `import { serving } from "levada";
if (await Deno.stat("probe.js").then(() => true, () => false)) {
  Deno.writeTextFileSync(${JSON.stringify(pidFile)}, String(Deno.pid));
  for (;;);
}
export default serving("round");
`,
    );
    const pid = async () => {
      for (;;) {
        const found = Number(await Deno.readTextFile(pidFile).catch(() => ""));
        if (found > 0) return found;
        await new Promise((look) => setTimeout(look, 20));
      }
    };
    const gone = async () => {
      const found = await pid();
      while (await isRunning(found)) await new Promise((look) => setTimeout(look, 20));
      await Deno.remove(pidFile);
    };
    const late = await lab.levada("deploy", round, "--deadline", "8");
    strictEqual(late.code, 1);
    match(
      late.err,
      /Cannot bundle round\.ts: 1 fault\n {2}its code is not loaded after \d\.\d s\. Give it longer, or see what stands at its top level: there it waits, or goes round and round\n$/,
    );
    await gone();
    for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGKILL", 137]] as const) {
      const deploying = lab.start("deploy", round);
      await pid();
      deploying.kill(signal);
      const [status] = await Promise.all([deploying.status, deploying.stdout.cancel(), deploying.stderr.cancel()]);
      strictEqual(status.code, code);
      await gone();
    }
    const waits = await lab.write(
      "waits.ts",
      `Deno.writeTextFileSync(${JSON.stringify(pidFile)}, String(Deno.pid));
await new Promise(() => setTimeout(() => {}, 1e9));
export default 1;
`,
    );
    const deploying = lab.start("deploy", waits);
    await pid();
    deploying.kill("SIGINT");
    const [{ code }] = await Promise.all([deploying.status, deploying.stdout.cancel(), deploying.stderr.cancel()]);
    strictEqual(code, 130);
  });
});

Deno.test("levada deploy, status, logs, rollback and delete refuse words that they do not take", async () => {
  await withDeployLab(async (lab) => {
    const wrong = [["deploy"], ["deploy", "m.ts", "--target", "moon"], ["status"], ["logs", "a", "b"], ["delete"]];
    const codes = await Promise.all(wrong.map(async (words) => (await lab.levada(...words)).code));
    deepStrictEqual(codes, [2, 2, 2, 2, 2]);
    for (const command of ["status", "logs", "rollback", "delete"]) {
      const { code, err } = await lab.levada(command, "nobody");
      strictEqual(code, 1, command);
      match(err, /^levada \w+: Cannot .* "nobody": no such deployment is known in /);
    }
    match((await lab.levada("deploy", "none.ts")).err, /Cannot serve none\.ts: there is no such file/);
    deepStrictEqual((await lab.levada("list")).out, "Nothing is deployed.\n");
  });
});

const REPLY =
  /step "bill": it answers the caller, but runs in function "billing" behind queue "q": a reply cannot cross/;
const UNDECLARED =
  /step "post": it runs in function "nobody", which is not declared\. Declare it: fn\.addChildFunction\("nobody"\)/;

/** Nothing of Deno's own: neither a stack, nor what a missing file would need. */
const STACK = /^ +at |Uncaught|exit code|not in the bundle/m;

Deno.test("whatever is wrong with the graph of a function, or of one that runs apart, is told at once with its cure, before anything is planned: by levada deploy of modules, notebooks and bundles, by levada bundle, by fn.deploy()", async () => {
  await withDeployLab(async (lab) => {
    const graph = (child: string) =>
      `import { queue, serving } from "levada";
const fn = serving("shop").addChildFunction("billing");
fn.setTopology("flow").to("total", (n: number) => n).to("q", queue()).to("bill", (n: number) => n, { function: "billing" }).respond()
  .to("posts", queue()).to("post", (n: number) => n, { function: "${child}" });
`;
    const both = await lab.write("both.ts", `${graph("nobody")}export default fn;\n`);
    const apart = await lab.write("apart.ts", `${graph("billing")}export default fn;\n`);
    const folder = join(lab.folder, "bundle");
    const refused = async (expected: readonly RegExp[], ...words: string[]) => {
      const { code, out, err } = await lab.levada(...words);
      deepStrictEqual([code, out.includes("Starting it once"), out.includes("revision")], [1, false, false], out + err);
      for (const one of expected) match(err, one, words.join(" "));
      doesNotMatch(err, STACK);
      match(err, new RegExp(`: ${expected.length} faults?\n`));
    };
    await refused([UNDECLARED, REPLY], "deploy", both);
    await refused([UNDECLARED, REPLY], "bundle", both, "-o", folder, "--no-probe");
    await refused([REPLY], "deploy", apart, "--dry-run");
    const bundled = await lab.levada("bundle", apart, "-o", folder);
    deepStrictEqual([bundled.code, bundled.err], [0, ""]); // it can be served in one process
    match(bundled.out, /\nIt runs in one process only, and cannot be deployed: step "bill": it answers the caller/);
    await refused([REPLY], "deploy", folder);

    const cells = (last: string) => notebookOf(graph("nobody"), last);
    await refused([UNDECLARED, REPLY], "deploy", await lab.write("no_deploy.ipynb", cells("1;")));
    const run = await lab.levada("run", await lab.write("deploys.ipynb", cells("await fn.deploy();")));
    strictEqual(run.code, 1);
    for (const expected of [UNDECLARED, REPLY]) match(run.err, expected);
    match(run.err, /BundleError: Cannot deploy function "shop": 2 faults/);
    doesNotMatch(run.out + run.err, /Starting it once/);
    strictEqual((await lab.levada("list")).out, "Nothing is deployed.\n");
  });
});

Deno.test("a client of a broker that cannot be downloaded is told when a deploy is planned, with nothing started; levada serve tells it too", async () => {
  await using cache = await lackingCache();
  await withDeployLab(async (lab) => {
    const path = await lab.write(
      "feeds.ts",
      `import { queue, serving } from "levada";
const fn = serving("feeds").addChildFunction("reader");
fn.setTopology("flow").to("q", queue({ path: "kafka://127.0.0.1:1/topic" })).to("read", () => {}, { function: "reader" });
export default fn;
`,
    );
    const closed = "http://127.0.0.1:1";
    const env = { DENO_DIR: cache.path, HTTPS_PROXY: closed, HTTP_PROXY: closed, NO_PROXY: "", no_proxy: "" };
    for (const words of [["--dry-run"], []]) {
      const { code, out, err } = await lab.levada("deploy", path, ...words, env);
      strictEqual(code, 1);
      match(
        err,
        /levada deploy: Cannot deploy "feeds": what streams of kafka:\/\/ need \(@platformatic\/kafka\) cannot be downloaded\. Nothing was started\./,
      );
      doesNotMatch(err + out, /starting|Starting|backtrace/);
    }
    strictEqual((await lab.levada("list")).out, "Nothing is deployed.\n");
    const served = await lab.levada("serve", path, "--port", "0", "--function", "reader", env);
    deepStrictEqual([served.code, /^Cannot download what is needed:$/m.test(served.err)], [1, true], served.err);
  });
});

Deno.test("who renames a child is told, before it runs, how many records its new group does again: in the plan, and by a deploy's progress", async () => {
  await withDeployLab(async (lab) => {
    const renamed = (child: string) =>
      `import { queue, serving } from "levada";
const fn = serving("shop").addChildFunction("${child}");
fn.setTopology("flow").to("q", queue()).to("do", (n: number) => n, { function: "${child}" });
export default fn;
`;
    const { url } = await lab.deploy(renamed("work"));
    for (let n = 0; n < 3; n++) await (await post(url, n)).body?.cancel(); // answered when the stream has them
    const told =
      /function labour: reads local:\/\/shop\/q from its first record on, since "shop-labour" has not read it before: there are 3\. Group "shop-work", which ends, has [0-3] of them left: what it has done is done again\. To go on where it is, keep the function's name, "work"/;
    const { out } = await lab.levada("deploy", await lab.bundleFolder(renamed("labour")), "--dry-run");
    match(out, new RegExp(`\n  function work: ends\n  ${told.source}\n$`));
    const notes: string[] = [];
    await lab.deploy(renamed("labour"), { onProgress: ({ note }) => void (note !== undefined && notes.push(note)) });
    deepStrictEqual(notes.map((note) => told.test(note)), [true]);
    notes.length = 0;
    await lab.deploy(renamed("work"), { onProgress: ({ note }) => void (note !== undefined && notes.push(note)) });
    deepStrictEqual(notes, []); // its group goes on where it was
  });
});
