/** What `levada bundle` does, once its packages are there. */
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { KernelClient } from "../../kernel/client/client.ts";
import type { Bundle } from "../bundle/bundle.ts";
import { writeBundle } from "../bundle/bundle_folder.ts";
import { probeBundle } from "../bundle/describe_function.ts";
import { bundleCode, bundleModule } from "../bundle/make_bundle.ts";
import { SlicedModule } from "../bundle/sliced_module.ts";
import { type CommandContext, CommandError } from "./command.ts";
import { executeNotebooks } from "./execute.ts";
import { findFunction } from "./load_function.ts";

/** What is to be bundled. */
export interface BundleWish {
  readonly path: string;
  readonly output: string | undefined;
  readonly export: string | undefined;
  readonly files: readonly string[];
  readonly external: readonly string[];
  readonly isProbed: boolean;
}

/** What a bundle is made of. */
export type MakeWish = Omit<BundleWish, "output" | "isProbed">;

/** Makes a bundle of a notebook or a module; undefined when a cell failed, which has been told. */
export async function makeBundleOf(
  wish: MakeWish,
  context: CommandContext,
): Promise<Bundle | undefined> {
  return wish.path.endsWith(".ipynb") ? await ofNotebook(wish, context) : await ofModule(wish);
}

/** Makes a bundle, starts it, and writes it. */
export async function writeBundleOf(wish: BundleWish, context: CommandContext): Promise<number> {
  const bundle = await makeBundleOf(wish, context);
  if (bundle === undefined) return 1;
  if (wish.isProbed) await probeBundle(bundle);
  const folder = wish.output ?? `${bundle.name}-bundle`;
  await writeBundle(bundle, folder);
  const bytes = [...bundle.files.values()].reduce((sum, { length }) => sum + length, 0);
  context.terminal.out(
    `Written: ${folder}, revision ${bundle.revision}, ${bundle.files.size} files of ${(bytes / 1e6).toFixed(1)} MB${
      wish.isProbed ? ", started once" : ""
    }. Serve it: levada serve ${folder}\n`,
  );
  return 0;
}

async function ofModule({ path, export: name, files, external }: MakeWish): Promise<Bundle> {
  const { exported } = await findFunction(path, name);
  return await bundleModule(pathToFileURL(resolve(path)), { export: exported, files, external });
}

/** Runs the notebook; undefined when a cell failed, which has been told. */
async function ofNotebook(
  { path, export: name, files, external }: MakeWish,
  context: CommandContext,
): Promise<Bundle | undefined> {
  let code: SlicedModule | undefined;
  const { isGood } = await executeNotebooks([{ path }], context, {
    after: async (kernel) => {
      code = await sliceIn(kernel, path, name);
    },
  });
  if (!isGood || code === undefined) return undefined;
  return await bundleCode(code, { files, external, directory: dirname(resolve(path)) });
}

const MARK = "levada-code:";

/** Asks a kernel whose cells have run for the code of their function. */
async function sliceIn(kernel: KernelClient, path: string, name: string | undefined): Promise<SlicedModule> {
  let said = "";
  await kernel.execute(askFor(name), {
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
function askFor(name: string | undefined): string {
  return `{
  const { ServingFunction } = await import("levada");
  const wished = ${JSON.stringify(name) ?? "undefined"};
  const cells = await globalThis[Symbol.for("levada.notebook")].cells();
  const declared = [...new Set(cells.flatMap((cell) => cell.declared))];
  const names = declared.filter((name) => globalThis[name] instanceof ServingFunction && (wished ?? name) === name);
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
