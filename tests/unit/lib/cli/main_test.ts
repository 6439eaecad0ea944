import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { main } from "../../../../lib/cli/main.ts";

interface Said {
  code: number;
  out: string;
  err: string;
}

async function levada(...args: string[]): Promise<Said> {
  const said = { out: "", err: "" };
  const terminal = {
    out: (text: string) => void (said.out += text),
    err: (text: string) => void (said.err += text),
    isInteractive: false,
    columns: 100,
  };
  const code = await main(args, terminal, new AbortController().signal);
  return { code, ...said };
}

/** A folder with the notebooks that are named, one code cell per source. */
async function folderOf(notebooks: Record<string, string[]>): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  for (const [name, sources] of Object.entries(notebooks)) {
    const cells = sources.map((source) => ({
      cell_type: "code",
      metadata: {},
      source,
      outputs: [],
      execution_count: null,
    }));
    await Deno.writeTextFile(join(path, name), JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 4 }));
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("main() explains every command", async () => {
  const all = await levada("--help");
  strictEqual(all.code, 0);
  for (const name of [...all.out.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name ?? "")) {
    const one = await levada(name, "--help");
    deepStrictEqual([one.code, one.err], [0, ""], name);
    match(one.out, new RegExp(`^Usage: levada ${name} `), name);
  }
});

Deno.test("main() answers what it does not understand with exit code 2", async () => {
  const cases: [string[], RegExp][] = [
    [["dance"], /^levada: there is no command "dance"\. Commands: .*status, streams\nSee `levada --help`\.\n$/],
    [["--dance"], /^levada: there is no option "--dance"/],
    [["toString"], /^levada: there is no command "toString"/],
    [["run"], /^levada run: give it a notebook\nSee `levada run --help`\.\n$/],
    [["run", "a.ipynb", "--fast"], /^levada run: Unknown option '--fast'\n/],
    [["run", "a.ipynb", "--timeout", "soon"], /^levada run: --timeout takes a number of seconds above 0: got "soon"\n/],
    [["run", "a/x.ipynb", "b/x.ipynb", "--output", "o"], /^levada run: two notebooks are called x\.ipynb/],
    [["demo", "now"], /^levada demo: it takes no other words/],
    [["kernel"], /^levada kernel: it knows one verb, install: got none\n/],
    [["kernel", "install", "--user", "--prefix", "p"], /^levada kernel: give --user or --prefix, not both\n/],
  ];
  for (const [args, message] of cases) {
    const { code, out, err } = await levada(...args);
    deepStrictEqual([code, out], [2, ""], args.join(" "));
    match(err, message);
  }
  strictEqual((await levada()).code, 2);
});

Deno.test("main() runs a notebook through the kernel and writes it and a report", async () => {
  await using folder = await folderOf({ "a.ipynb": ["// Says hello\nconsole.log('hello')", "6 * 7"] });
  const before = await Deno.readTextFile(join(folder.path, "a.ipynb"));
  const [output, report] = [join(folder.path, "new", "b.ipynb"), join(folder.path, "new", "r.html")];
  const { code, out, err } = await levada("run", join(folder.path, "a.ipynb"), "--output", output, "--report", report);
  deepStrictEqual([code, err], [0, ""]);
  match(out, /a\.ipynb\n {2}✓ {3}1\/2 {2}Says hello .* s {2}1 output\n {2}✓ {3}2\/2 {2}6 \* 7 .* s {2}1 output\n/);
  ok(out.includes(`Written: ${output}\nWritten: ${report}\n`));
  const { cells, nbformat_minor } = JSON.parse(await Deno.readTextFile(output));
  deepStrictEqual([nbformat_minor, cells[0].outputs[0].text, cells[1].outputs[0].data], [5, ["hello\n"], {
    "text/plain": ["42"],
  }]);
  ok((await Deno.readTextFile(report)).includes("hello"));
  strictEqual(await Deno.readTextFile(join(folder.path, "a.ipynb")), before);
});

Deno.test("main() tells which cell failed and why, writes what ran, and exits with 1", async () => {
  await using folder = await folderOf({
    "bad.ipynb": ["1", "// Fails\nthrow new TypeError('too small')", "3"],
    "next.ipynb": ["1"],
  });
  const output = join(folder.path, "done") + "/";
  const { code, out, err } = await levada(
    "run",
    join(folder.path, "bad.ipynb"),
    join(folder.path, "next.ipynb"),
    "--output",
    output,
  );
  strictEqual(code, 1);
  match(out, /✗ {3}2\/3 {2}Fails/);
  ok(!out.includes("next.ipynb\n"));
  match(err, /^\nCell 2 of \S+bad\.ipynb failed, which begins `Fails`:\n {2}TypeError: too small\n/);
  const { cells } = JSON.parse(await Deno.readTextFile(join(output, "bad.ipynb")));
  deepStrictEqual(
    cells.map((cell: { outputs: { output_type: string }[] }) => cell.outputs.map((one) => one.output_type)),
    [
      ["execute_result"],
      ["error"],
      [],
    ],
  );
});

Deno.test("main() reports a cell with a syntax error as that cell's failure", async () => {
  await using folder = await folderOf({ "bad.ipynb": ["const = 1"] });
  const { code, err } = await levada("run", join(folder.path, "bad.ipynb"));
  strictEqual(code, 1);
  match(err, /^\nCell 1 of \S+bad\.ipynb failed, which begins `const = 1`:\n {2}SyntaxError: /);
});

Deno.test("main() refuses a file that is no notebook in one line, before anything runs", async () => {
  await using folder = await folderOf({ "good.ipynb": ["1"] });
  const bad = join(folder.path, "bad.ipynb");
  await Deno.writeTextFile(bad, "print('hello')");
  const { code, out, err } = await levada("run", join(folder.path, "good.ipynb"), bad);
  deepStrictEqual([code, out], [1, ""]);
  match(err, /^levada run: Cannot read notebook \S+bad\.ipynb as JSON: [^\n]+\n$/);
  const missing = await levada("run", join(folder.path, "none.ipynb"));
  deepStrictEqual([missing.code, missing.out], [1, ""]);
  match(missing.err, /^levada run: Cannot read notebook \S+none\.ipynb: there is no such file\n$/);
});

Deno.test("main() installs the kernel where it is told", async () => {
  await using folder = await folderOf({});
  const { code, out } = await levada("kernel", "install", "--prefix", folder.path, "--name", "mine");
  deepStrictEqual([code, out], [0, `Installed: ${join(folder.path, "share", "jupyter", "kernels", "mine")}\n`]);
  const refused = await levada("kernel", "install", "--prefix", folder.path, "--name", "../mine");
  strictEqual(refused.code, 1);
  match(refused.err, /^levada kernel: Cannot install a kernel as "\.\.\/mine": [^\n]+\n$/);
});

const MAIN = new URL("../../../../lib/cli/main.ts", import.meta.url).pathname;

Deno.test("levada run ends with 130 at Ctrl-C, writes what ran, and leaves no kernel behind", async () => {
  const endless = "console.log(Deno.pid, Deno.ppid); await 1;";
  await using folder = await folderOf({ "a.ipynb": [endless, "while (true) {}"] });
  const output = join(folder.path, "b.ipynb");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, "run", join(folder.path, "a.ipynb"), "--output", output],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const decoder = new TextDecoder();
  let out = "";
  for await (const bytes of child.stdout) {
    out += decoder.decode(bytes);
    if (out.includes("1/2")) child.kill("SIGINT"); // the first cell has ended, the second runs
  }
  const [status, err] = await Promise.all([child.status, new Response(child.stderr).text()]);
  deepStrictEqual([status.code, err], [130, ""]);
  const { cells } = JSON.parse(await Deno.readTextFile(output));
  const pids = cells[0].outputs[0].text[0].trim().split(" ").map(Number);
  strictEqual(pids.length, 2);
  for (const pid of pids) ok(await ends(pid), `process ${pid} is left`);
});

Deno.test("levada run ends without a stack when nobody reads any more", async () => {
  await using folder = await folderOf({ "a.ipynb": ["1", "2"] });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, "run", join(folder.path, "a.ipynb")],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await child.stdout.cancel();
  const [status, err] = await Promise.all([child.status, new Response(child.stderr).text()]);
  deepStrictEqual([status.code, err], [141, ""]);
});

/** Whether a process that was killed ends soon: a busy machine takes a moment to do it. */
async function ends(pid: number): Promise<boolean> {
  for (let look = 0; look < 200 && isAlive(pid); look++) await new Promise((again) => setTimeout(again, 10));
  return !isAlive(pid);
}

/** A zombie has ended: only its parent's glance is missing. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

Deno.test("deno task levada downloads nothing before a command needs it", async () => {
  const cache = await Deno.makeTempDir();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "levada", "--help"],
    cwd: new URL("../../../../", import.meta.url),
    env: { DENO_DIR: cache, NPM_CONFIG_REGISTRY: "http://127.0.0.1:1/", NO_COLOR: "1" }, // nobody answers there
  }).output();
  const said = new TextDecoder().decode(stderr);
  deepStrictEqual([success, /Download|error/.exec(said)?.[0]], [true, undefined], said);
  match(new TextDecoder().decode(stdout), /^Usage: levada COMMAND/);
  await Deno.remove(cache, { recursive: true });
});

const SUPPORT = new URL("../../../support/", import.meta.url).pathname;

Deno.test("deno task levada takes paths from the folder where the person is", async () => {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "levada", "serve", "place.ts"],
    cwd: SUPPORT,
    env: { NO_COLOR: "1", INIT_CWD: SUPPORT }, // npx sets it too, and Deno leaves what is set
  }).output();
  match(new TextDecoder().decode(stderr), /Cannot serve place.ts: it exports no function/);
});
