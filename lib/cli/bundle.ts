/** `levada bundle NOTEBOOK|MODULE` */
import { type Command, type CommandContext, UsageError } from "./command.ts";
import type { writeBundleOf } from "./write_bundle.ts";
import { readOptions } from "./options.ts";
import { prefetch, RUN_NEEDS } from "./prefetch.ts";

/** Makes a bundle. */
export const BUNDLE: Command = {
  summary: "Make a folder that serves a function anywhere",
  help: `Usage: levada bundle NOTEBOOK.ipynb|MODULE.ts [OPTIONS]

Makes a folder with all that a function needs: its code in one file, the library, its data. \`levada serve FOLDER\` and \`deno run
--allow-all code.js\` in that folder serve it; nothing is downloaded then but native packages. A notebook is run first, and only what the
steps use leaves it. The bundle is started once, without a port, before it is called good.

  -o, --output FOLDER  Default: NAME-bundle, by the name of the function.
  --export NAME        The function: an export of the module, or a name of the notebook. Default: the default export, or the only one.
  --file PATH          Brings this file too, relative to the current folder (a notebook's: its own). Several times. Models that the
                       function names by paths come by themselves.
  --external PACKAGE   Leaves this package out of the code. Several times. Native packages are left out by themselves.
  --no-probe           Does not start it.

Exit code: 0 made, 1 it cannot be made, or a cell failed, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { values, positionals } = readOptions(args, {
      output: { type: "string", short: "o" },
      export: { type: "string" },
      file: { type: "string", multiple: true },
      external: { type: "string", multiple: true },
      "no-probe": { type: "boolean" },
    });
    const [path, ...rest] = positionals;
    if (path === undefined || rest.length > 0) throw new UsageError("give it one notebook or module");
    await prefetch([...RUN_NEEDS, "lib/cli/write_bundle.ts"], context);
    const module = "./write_bundle.ts"; // in a variable: Deno would download its packages when the command line starts
    const { writeBundleOf: write } = await import(module) as { writeBundleOf: typeof writeBundleOf };
    return await write({
      path,
      output: values.output,
      export: values.export,
      files: values.file ?? [],
      external: values.external ?? [],
      isProbed: values["no-probe"] !== true,
    }, context);
  },
};
