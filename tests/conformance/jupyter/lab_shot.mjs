// Run a notebook in real JupyterLab and take a picture of all of it.
//
//   node lab_shot.mjs NOTEBOOK.ipynb KERNEL OUT.png [options]
//
//   --ui doc|lab|notebooks   single-document page (default), full Lab, or Notebook 7
//   --beside                 run a copy beside the notebook (cells that import files by relative path)
//   --expect CSS             fail unless something in the outputs matches this selector; may be repeated.  Lab shows
//                            image/svg+xml as <img> (.jp-RenderedSVG img); only SVG inside text/html gives <svg>.
//   --allow-errors           a cell error is reported but does not fail the run
//   --settle MS              wait after idle for late output (500)
//   --timeout MS             limit for running the cells (120000)
//   --width PX               viewport (1280)
//   --save OUT.ipynb         keep the executed notebook
//   --json OUT.json          keep the report that is printed
//
// Exit: 0 all cells ran; 1 a cell errored, did not run, or an expected output is missing; 2 usage; 3 Lab or browser trouble.
// Prints one JSON report: cells, errors, times in ms (lab, open, run, shot).  Requirements: see lab.mjs.
import * as fs from "node:fs";
import { parseArgs } from "node:util";
import { openNotebook, prepare, startLab } from "./lab.mjs";

const usage = () => {
  console.error(
    "usage: node lab_shot.mjs NOTEBOOK.ipynb KERNEL OUT.png [--ui doc|lab|notebooks] [--beside] [--expect CSS]... [--allow-errors] [--settle MS] [--timeout MS] [--width PX] [--save FILE] [--json FILE]",
  );
  process.exit(2);
};

let args;
try {
  args = parseArgs({
    allowPositionals: true,
    options: {
      ui: { type: "string", default: "doc" },
      beside: { type: "boolean", default: false },
      expect: { type: "string", multiple: true, default: [] },
      "allow-errors": { type: "boolean", default: false },
      settle: { type: "string", default: "500" },
      timeout: { type: "string", default: "120000" },
      width: { type: "string", default: "1280" },
      save: { type: "string" },
      json: { type: "string" },
    },
  });
} catch (e) {
  console.error(e.message);
  usage();
}
const [notebook, kernel, out] = args.positionals;
const o = args.values;
if (!out || args.positionals.length !== 3) usage();

let lab, ui, code = 0, copy;
const report = { notebook, kernel, ui: o.ui };
try {
  copy = prepare(notebook, kernel, { beside: o.beside });
  lab = await startLab({ root: copy.root });
  report.lab_ms = Math.round(lab.startMs);
  await lab.needKernel(kernel);
  ui = await openNotebook(lab, copy.name, { ui: o.ui, width: Number(o.width) });
  report.open_ms = Math.round(ui.openMs);
  const { page } = ui;

  const t0 = performance.now();
  const ran = await Promise.race([
    page.evaluate(async () => {
      await globalThis.jupyterapp.commands.execute("notebook:run-all-cells");
      const kernel = globalThis.jupyterapp.shell.currentWidget.context.sessionContext.session?.kernel;
      for (let i = 0; kernel && kernel.status !== "idle" && i < 3000; i++) await new Promise((r) => setTimeout(r, 20));
      return kernel?.status ?? "no kernel";
    }),
    new Promise((r) => setTimeout(() => r("timeout"), Number(o.timeout)).unref?.()),
  ]);
  report.run_ms = Math.round(performance.now() - t0);
  report.kernel_status = ran;
  await page.waitForTimeout(Number(o.settle));

  const cells = await page.evaluate(() => {
    const list = [];
    for (const c of globalThis.jupyterapp.shell.currentWidget.content.model.cells) {
      if (c.type === "code") {
        list.push({ count: c.executionCount, empty: !c.sharedModel.getSource().trim(), outputs: c.outputs.toJSON() });
      }
    }
    return list;
  });
  report.code_cells = cells.length;
  report.errors = cells.flatMap((c, i) =>
    c.outputs.filter((x) => x.output_type === "error").map((x) => ({ cell: i, ename: x.ename, evalue: x.evalue }))
  );
  report.not_run = cells.flatMap((c, i) => (c.count === null && !c.empty ? [i] : []));
  report.outputs = cells.map((c) =>
    c.outputs.map((x) => (x.data ? Object.keys(x.data).join("+") : x.name ?? x.output_type))
  );
  report.missing = [];
  for (const css of o.expect) {
    if ((await page.locator(`.jp-OutputArea :is(${css})`).count()) === 0) report.missing.push(css);
  }

  const t1 = performance.now();
  // Lab scrolls inside the page: make the window as tall as the notebook.
  const tall = await page.evaluate(() => {
    const el = document.querySelector(".jp-Notebook .jp-WindowedPanel-outer") ?? document.querySelector(".jp-Notebook");
    const last = [...document.querySelectorAll(".jp-Notebook .jp-Cell")].pop();
    const content = last ? last.getBoundingClientRect().bottom - el.getBoundingClientRect().top + el.scrollTop : 0;
    return globalThis.innerHeight - el.clientHeight + content + 40;
  });
  await page.setViewportSize({ width: Number(o.width), height: Math.min(Math.max(500, Math.ceil(tall)), 16_000) });
  await page.evaluate(() => document.activeElement?.blur());
  await page.waitForTimeout(200);
  await page.screenshot({ path: out, fullPage: true });
  report.shot_ms = Math.round(performance.now() - t1);
  report.page_errors = ui.problems;

  if (
    (report.errors.length && !o["allow-errors"]) || (report.not_run.length && !o["allow-errors"]) ||
    report.missing.length || ran !== "idle"
  ) code = 1;
  if (o.save) {
    await page.evaluate(() => globalThis.jupyterapp.shell.currentWidget.context.save());
    fs.copyFileSync(copy.file, o.save);
  }
} catch (e) {
  report.trouble = String(e.stack ?? e);
  if (lab) report.log = lab.logText().split("\n").slice(-15);
  code = 3;
} finally {
  await ui?.browser.close();
  await lab?.stop();
  copy?.remove();
}
console.log(JSON.stringify(report, null, 1));
if (o.json) fs.writeFileSync(o.json, JSON.stringify(report, null, 1) + "\n");
process.exit(code);
