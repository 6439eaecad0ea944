import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { type KernelClient, startKernel } from "../../../../kernel/client/client.ts";
import type { CodeCell, Notebook } from "../../../../kernel/client/notebook.ts";
import { decodeNotebook, encodeNotebook } from "../../../../kernel/client/notebook_file.ts";
import { cellLabel, type RunEvent, runNotebook, type RunOptions } from "../../../../kernel/client/run.ts";

function codeCell(source: string, ...tags: string[]): CodeCell {
  const metadata = tags.length === 0 ? {} : { tags };
  return { id: `id-${source.length}`, cell_type: "code", metadata, source, execution_count: 9, outputs: [stale()] };
}
function stale(): CodeCell["outputs"][number] {
  return { output_type: "stream", name: "stdout", text: "of an older run" };
}

async function run(cells: Notebook["cells"], options: RunOptions = {}) {
  await using kernel = await startKernel();
  return await runIn(kernel, cells, options);
}
async function runIn(kernel: KernelClient, cells: Notebook["cells"], options: RunOptions) {
  const notebook: Notebook = { metadata: {}, cells };
  const events: RunEvent[] = [];
  const failures = await runNotebook(notebook, kernel, { ...options, onProgress: (event) => events.push(event) });
  return { notebook, failures, events };
}

Deno.test("runNotebook() fills outputs, numbers and the kernel's language, and clears what was there", async () => {
  const text: Notebook["cells"][number] = { id: "m", cell_type: "markdown", metadata: {}, source: "# Title" };
  const { notebook, failures, events } = await run([text, codeCell('console.log("hi")\n6 * 7'), codeCell("  ")]);
  deepStrictEqual(failures, []);
  const [, first, empty] = notebook.cells as [unknown, CodeCell, CodeCell];
  strictEqual(first.execution_count, 1);
  deepStrictEqual(first.outputs, [
    { output_type: "stream", name: "stdout", text: "hi\n" },
    { output_type: "execute_result", execution_count: 1, data: { "text/plain": "42" }, metadata: {} },
  ]);
  deepStrictEqual([empty.execution_count, empty.outputs], [null, []]);
  deepStrictEqual(notebook.metadata.kernelspec, {
    display_name: "Levada (TypeScript)",
    language: "typescript",
    name: "levada",
  });
  strictEqual((notebook.metadata.language_info as { name: string }).name, "typescript");
  const [start, end] = events;
  deepStrictEqual(start, { kind: "start", cell: 2, number: 1, total: 1, label: 'console.log("hi")' });
  deepStrictEqual(end?.kind === "end" && [end.outputs, end.ok], [2, true]);
  deepStrictEqual(decodeNotebook(encodeNotebook(notebook), "again"), notebook);
});

Deno.test("runNotebook() stops at the first failing cell and leaves the rest without outputs", async () => {
  const { notebook, failures } = await run([codeCell("1"), codeCell('throw new TypeError("no")'), codeCell("333")]);
  deepStrictEqual(failures.map(({ cell, error }) => [cell, error.ename, error.evalue]), [[2, "TypeError", "no"]]);
  deepStrictEqual((notebook.cells as CodeCell[]).map((cell) => [cell.execution_count, cell.outputs.length]), [
    [1, 1],
    [2, 1],
    [null, 0],
  ]);
});

Deno.test("runNotebook() runs on after a cell that may fail, and with keepGoing after any", async () => {
  const allowed = await run([codeCell('throw new Error("shown")', "raises-exception"), codeCell("1")]);
  deepStrictEqual([allowed.failures, allowed.events.at(-1)?.number], [[], 2]);
  const kept = await run([codeCell('throw new Error("one")'), codeCell("}"), codeCell("1")], { keepGoing: true });
  deepStrictEqual(kept.failures.map(({ cell, error }) => [cell, error.ename]), [[1, "Error"], [2, "SyntaxError"]]);
  strictEqual((kept.notebook.cells[2] as CodeCell).outputs.length, 1);
});

Deno.test("runNotebook() interrupts a cell whose time is over, and the kernel is usable after it", async () => {
  await using kernel = await startKernel();
  const { failures, notebook } = await runIn(kernel, [codeCell("while (true) {}")], { timeoutMs: 300 });
  strictEqual(failures[0]?.error.ename, "TimeoutError");
  match(failures[0]?.error.evalue ?? "", /^The cell ran longer than 0\.3 s and was interrupted$/);
  deepStrictEqual((notebook.cells[0] as CodeCell).outputs.at(-1), failures[0]?.error);
  deepStrictEqual((await runIn(kernel, [codeCell("1")], {})).failures, []);
});

Deno.test("runNotebook() writes into the cell that its kernel died there, and stops, whatever the options", async () => {
  const source = 'Deno.kill(Deno.ppid, "SIGKILL"); await new Promise(() => setInterval(() => {}, 1000))';
  const { notebook, failures, events } = await run([codeCell(source, "raises-exception"), codeCell("1")], {
    keepGoing: true,
  });
  deepStrictEqual(failures.map(({ cell, error }) => [cell, error.ename]), [[1, "KernelError"]]);
  deepStrictEqual((notebook.cells[0] as CodeCell).outputs.at(-1), failures[0]?.error);
  strictEqual(events.length, 2);
});

Deno.test("runNotebook() keeps a kernelspec that the notebook names", async () => {
  await using kernel = await startKernel();
  const kernelspec = { name: "mine", display_name: "Mine" };
  const notebook: Notebook = { metadata: { kernelspec }, cells: [] };
  deepStrictEqual(await runNotebook(notebook, kernel), []);
  deepStrictEqual(notebook.metadata.kernelspec, kernelspec);
});

Deno.test("runNotebook() puts its own kernelspec where the notebook names another language's", async () => {
  await using kernel = await startKernel();
  const kernelspec = { name: "python3", display_name: "Python 3", language: "python" };
  const notebook: Notebook = { metadata: { kernelspec, language_info: { name: "python" } }, cells: [] };
  deepStrictEqual(await runNotebook(notebook, kernel), []);
  strictEqual((notebook.metadata.kernelspec as { name: string }).name, "levada");
  strictEqual((notebook.metadata.language_info as { name: string }).name, "typescript");
});

Deno.test("cellLabel() gives the first line that says something", () => {
  strictEqual(cellLabel(codeCell('\n  import a from "a";\n{\n  // Ask both models\n  ask();')), "Ask both models");
  strictEqual(cellLabel(codeCell("/** Sizes.\n */\nfunction size() {}")), "Sizes.");
  strictEqual(cellLabel(codeCell('import a from "a";')), 'import a from "a";');
  strictEqual(cellLabel(codeCell("{}")), "{}");
});
