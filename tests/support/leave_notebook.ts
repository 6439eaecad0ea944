/** A notebook whose function leaves it: cells run in a real engine, the slice in an empty folder by Deno alone. */

import { join } from "node:path";
import { writeBundle } from "../../lib/bundle/bundle_folder.ts";
import { bundleCode } from "../../lib/bundle/make_bundle.ts";
import { SlicedModule } from "../../lib/bundle/sliced_module.ts";
import { EngineBench } from "../unit/kernel/engine/_bench.ts";
import { temporaryFolder } from "./temporary_folder.ts";

/** A cell: its code, or the same with its id, to run it again. */
export type CellCode = string | readonly [id: string, code: string];

const MARK = "levada-test:";

/** Runs cells in order; a cell without an id is called by its place. Gives what the last expression is. */
async function tell(cells: readonly CellCode[], asking: string): Promise<unknown> {
  await using bench = await EngineBench.open();
  for (const [index, cell] of cells.entries()) {
    const [cellId, code] = typeof cell === "string" ? [`cell-${index}`, cell] : cell;
    const { traceback } = await bench.run(code, { cellId });
    if (traceback.length > 0) throw new Error(traceback.join("\n"));
  }
  const { stdout, traceback } = await bench.run(
    `{ const told = ${asking}; console.log("${MARK}" + JSON.stringify(told)); }`,
  );
  const line = stdout.split("\n").find((one) => one.startsWith(MARK));
  if (line === undefined) throw new Error([stdout, ...traceback].join("\n"));
  return JSON.parse(line.slice(MARK.length));
}

/** The module that `fn` of a notebook leaves as. */
export async function codeIn(...cells: readonly CellCode[]): Promise<SlicedModule> {
  return new SlicedModule(await tell(cells, "await fn.code()") as SlicedModule);
}

/** The lines of the error that says why `fn` cannot leave. */
export async function refusalIn(...cells: readonly CellCode[]): Promise<string[]> {
  const asking = `await fn.code().then(() => ["it leaves"], (error) => error.message.split("\\n"))`;
  return await tell(cells, asking) as string[];
}

/** The lines of the error that says why what left is another thing than the notebook has; empty where it is the same. */
export async function othersIn(...cells: readonly CellCode[]): Promise<string[]> {
  return await bundleCode(await codeIn(...cells)).then(() => [], (error: Error) => error.message.split("\n"));
}

/** What `fn` answers to bodies, in the notebook and out of it, where nothing is but what left. */
export async function answersOf(
  bodies: readonly unknown[],
  ...cells: readonly CellCode[]
): Promise<{ text: string; inside: unknown; outside: unknown }> {
  const asking = `{ code: await fn.code(), inside: await (async () => {
    await using server = await fn.toMockServer();
    return await Promise.all(${JSON.stringify(bodies)}.map((body) => server.test("/", body)));
  })() }`;
  const { code, inside } = await tell(cells, asking) as { code: SlicedModule; inside: unknown };
  const outside = await askOutside(new SlicedModule(code), bodies);
  return { text: code.text, inside, outside };
}

/** What a slice answers in an empty folder, to plain Deno, with nothing that could be downloaded. */
async function askOutside(code: SlicedModule, bodies: readonly unknown[]): Promise<unknown> {
  await using folder = await temporaryFolder();
  await writeBundle(await bundleCode(code), folder.path);
  await Deno.writeTextFile(
    join(folder.path, "ask.js"),
    `import fn from "./code.js";
await using server = await fn.toMockServer();
console.log("${MARK}" + JSON.stringify(await Promise.all(${
      JSON.stringify(bodies)
    }.map((body) => server.test("/", body)))));`,
  );
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", "--no-remote", "--no-npm", "--allow-all", "ask.js"],
    cwd: folder.path,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  const line = text.split("\n").find((one) => one.startsWith(MARK));
  if (line === undefined) throw new Error(`${text}${new TextDecoder().decode(stderr)}\n${code.text}`);
  return JSON.parse(line.slice(MARK.length));
}
