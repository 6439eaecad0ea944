/** `levada kernel install` */

import { installKernel } from "../../kernel/install.ts";
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { readOptions } from "./options.ts";
import { KERNEL_NEEDS, prefetch } from "./prefetch.ts";

/** Tells Jupyter of the kernel. */
export const KERNEL: Command = {
  summary: "Install the kernel for JupyterLab, VS Code and other frontends",
  help: `Usage: levada kernel install [--user | --prefix FOLDER] [--name NAME]

Writes a kernelspec, so that Jupyter frontends list Levada. Install again after the project has moved.

  --user           In your own Jupyter folder. This is the default.
  --prefix FOLDER  In FOLDER/share/jupyter/kernels: a virtual environment of Python, say.
  --name NAME      The kernel's name. Default: levada.

Exit code: 0 installed, 1 it cannot be written, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { values, positionals } = readOptions(args, {
      user: { type: "boolean" },
      prefix: { type: "string" },
      name: { type: "string" },
    });
    const [verb, ...rest] = positionals;
    if (verb !== "install") throw new UsageError(`it knows one verb, install: got ${JSON.stringify(verb) ?? "none"}`);
    if (rest.length > 0) throw new UsageError(`install takes no other words: got "${rest[0]}"`);
    if (values.user === true && values.prefix !== undefined) throw new UsageError("give --user or --prefix, not both");
    const folder = await installKernel({
      ...(values.user === undefined ? {} : { user: values.user }),
      ...(values.prefix === undefined ? {} : { prefix: values.prefix }),
      ...(values.name === undefined ? {} : { name: values.name }),
    });
    await prefetch(KERNEL_NEEDS, context); // or the first cell would wait for it without a word
    context.terminal.out(`Installed: ${folder}\n`);
    return 0;
  },
};
