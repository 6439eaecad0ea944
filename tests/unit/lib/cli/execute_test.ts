import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { Interrupted } from "../../../../lib/cli/command.ts";
import { executeNotebooks, type ExecuteOptions } from "../../../../lib/cli/execute.ts";

/** A folder with notebooks in it, one code cell per source, and a terminal that is kept. */
async function openFolder(notebooks: Record<string, string[]>, metadata: Record<string, unknown> = {}) {
  const path = await Deno.makeTempDir();
  for (const [name, sources] of Object.entries(notebooks)) {
    const cells = sources.map((source) => ({ cell_type: "code", metadata: {}, source }));
    await Deno.writeTextFile(`${path}/${name}`, JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 4 }));
  }
  const said = { out: "", err: "" };
  const terminal = {
    out: (text: string) => void (said.out += text),
    err: (text: string) => void (said.err += text),
    isInteractive: false,
    columns: 100,
  };
  const jobs = Object.keys(notebooks).map((name) => ({ path: `${path}/${name}`, output: `${path}/done_${name}` }));
  return {
    path,
    said,
    run: (options: ExecuteOptions = {}, signal = new AbortController().signal) =>
      executeNotebooks(jobs, { terminal, signal }, options),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("executeNotebooks() names the notebooks behind a failure as not run, in the terminal and in the report", async () => {
  await using folder = await openFolder({ "a.ipynb": ["1"], "b.ipynb": ["throw new Error('no')"], "c.ipynb": ["3"] });
  const { path, said } = folder;
  const report = `${path}/r.html`;
  const { isGood, written } = await folder.run({ report });
  strictEqual(isGood, false);
  deepStrictEqual(written, [`${path}/done_a.ipynb`, `${path}/done_b.ipynb`, report]);
  strictEqual(await exists(`${path}/done_c.ipynb`), false);
  ok(said.err.endsWith(`Not run: ${path}/c.ipynb, since a cell of b.ipynb failed\n`), said.err);
  ok(!said.out.includes("c.ipynb"));
  const html = await Deno.readTextFile(report);
  match(html, /<a href="#n3">c\.ipynb<\/a> <span class="skipped">not run<\/span>/);
  match(html, /<a class="failed" href="#n2-c1">failed<\/a>/);
});

Deno.test("executeNotebooks() with keepGoing runs on, and the report tells every failure", async () => {
  await using folder = await openFolder({ "a.ipynb": ["throw 1", "throw 2"], "b.ipynb": ["3"] });
  const { isGood, written } = await folder.run({ keepGoing: true, report: `${folder.path}/r.html` });
  deepStrictEqual([isGood, written.length], [false, 3]);
  const html = await Deno.readTextFile(`${folder.path}/r.html`);
  deepStrictEqual([...html.matchAll(/<p class="stopped"[^>]*><a href="#([^"]+)"/g)].map(([, id]) => id), [
    "n1-c1",
    "n1-c2",
  ]);
});

Deno.test("executeNotebooks() interrupted tells in the report which notebooks did not run", async () => {
  await using folder = await openFolder({ "a.ipynb": ["while (true) {}"], "b.ipynb": ["3"] });
  const abort = new AbortController();
  const running = folder.run({ report: `${folder.path}/r.html` }, abort.signal);
  abort.abort(new Interrupted(130));
  await rejects(running, Interrupted);
  const html = await Deno.readTextFile(`${folder.path}/r.html`);
  match(html, /<p class="stopped" role="alert">The run was interrupted<\/p>/);
  match(html, /Not run: the run was interrupted before it/);
});

Deno.test("executeNotebooks() refuses a notebook of another language before anything runs, unless it is forced to", async () => {
  const kernelspec = { name: "python3", display_name: "Python 3", language: "python" };
  await using folder = await openFolder({ "a.ipynb": ["6 * 7"] }, { kernelspec });
  await rejects(folder.run(), {
    name: "NotebookError",
    message:
      `Cannot run notebook ${folder.path}/a.ipynb as TypeScript: it is written in python. Give --force to run it nevertheless`,
  });
  deepStrictEqual([folder.said.out, await exists(`${folder.path}/done_a.ipynb`)], ["", false]);
  strictEqual((await folder.run({ force: true })).isGood, true);
  const { metadata } = JSON.parse(await Deno.readTextFile(`${folder.path}/done_a.ipynb`));
  deepStrictEqual([metadata.kernelspec.name, metadata.language_info.name], ["levada", "typescript"]);
});

Deno.test("executeNotebooks() tells a failing cell by the beginning of its line, however long that is", async () => {
  await using folder = await openFolder({ "a.ipynb": [`throw new Error("${"x".repeat(6000)}")`] });
  await folder.run();
  match(folder.said.err, /which begins `throw new Error\("x{54}…`:\n/);
});
