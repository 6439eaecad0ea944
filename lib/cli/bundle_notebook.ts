/** A notebook's function as a bundle. */
import { dirname, join, resolve } from "node:path";
import type { KernelClient } from "../../kernel/client/client.ts";
import type { Bundle } from "../bundle/bundle.ts";
import { bundleCode } from "../bundle/make_bundle.ts";
import { SlicedModule } from "../bundle/sliced_module.ts";
import { temporaryFolder } from "../bundle/temporary_folder.ts";
import type { RecordedDeploy } from "../deploy/deploy_bundle.ts";
import { type CommandContext, CommandError } from "./command.ts";
import { executeNotebooks } from "./execute.ts";
import { unlessAsked } from "./until_asked.ts";
import type { MakeWish } from "./write_bundle.ts";

/** A bundle, and how its notebook would have deployed it. */
export interface MadeBundle {
  readonly bundle: Bundle;
  readonly recorded?: RecordedDeploy | undefined;
}

const RECORD = "LEVADA_RECORD_DEPLOY"; // read by `fn.deploy`

/** Runs the notebook up to the cell that deploys; undefined when a cell failed, which has been told. */
export async function bundleNotebook(
  { path, export: name, files, external, isProbed: compares }: MakeWish,
  context: CommandContext,
): Promise<MadeBundle | undefined> {
  await using folder = await temporaryFolder("deploy");
  const file = join(folder.path, "recorded.json");
  const read = async () => JSON.parse(await Deno.readTextFile(file).catch(() => "null")) as RecordedDeploy | null;
  let code: SlicedModule | undefined;
  Deno.env.set(RECORD, file); // the kernel's process has this one's environment
  try {
    const { isGood } = await executeNotebooks([{ path }], context, {
      isEnough: async () => await read() !== null,
      after: async (kernel) => void (code = await sliceIn(kernel, path, { name, recorded: (await read())?.name })),
    });
    if (!isGood || code === undefined) return undefined;
    const wish = { files, external, compares, directory: dirname(resolve(path)) };
    const bundle = await unlessAsked(context.signal, bundleCode(code, wish));
    if (bundle === undefined) throw context.signal.reason;
    return { bundle, recorded: await read() ?? undefined };
  } finally {
    Deno.env.delete(RECORD);
  }
}

const MARK = "levada-code:";

/** Asks a kernel whose cells have run for the code of their function. */
async function sliceIn(
  kernel: KernelClient,
  path: string,
  { name, recorded }: { name: string | undefined; recorded: string | undefined },
): Promise<SlicedModule> {
  let said = "";
  await kernel.execute(askFor(name, name === undefined ? recorded : undefined), {
    onOutput: ({ content }) => {
      if (typeof content.text === "string") said += content.text;
    },
  });
  const line = said.split("\n").find((one) => one.startsWith(MARK));
  if (line === undefined) throw new CommandError(`Cannot bundle ${path}: its kernel does not tell its code:\n${said}`);
  const { error, names, ...parts } = JSON.parse(line.slice(MARK.length));
  if (names !== undefined) {
    throw new CommandError(
      `Cannot bundle ${path}: ${
        names.length === 0
          ? `no cell has ${name === undefined ? "a function" : `a function "${name}"`} at its top level`
          : `it has ${names.length} functions, ${names.join(", ")}. Choose one: --export ${names[0]}`
      }`,
    );
  }
  if (error !== undefined) throw new CommandError(error);
  return new SlicedModule(parts);
}

/** A cell that finds the function among the names of the cells before, and prints its code. */
function askFor(name: string | undefined, deployed: string | undefined): string {
  return `{
  const { ServingFunction } = await import("levada");
  const wished = ${JSON.stringify(name) ?? "undefined"};
  const deployed = ${JSON.stringify(deployed) ?? "undefined"};
  const cells = await globalThis[Symbol.for("levada.notebook")].cells();
  const declared = [...new Set(cells.flatMap((cell) => cell.declared))];
  const names = declared.filter((name) =>
    globalThis[name] instanceof ServingFunction && (wished ?? name) === name &&
    (deployed ?? globalThis[name].name) === globalThis[name].name
  );
  let told: object = { names };
  if (new Set(names.map((name) => globalThis[name])).size === 1) {
    try {
      told = await globalThis[names[0]].code();
    } catch (error) {
      told = { error: error.message };
    }
  }
  console.log("${MARK}" + JSON.stringify(told));
}`;
}
