/** `levada lab`: JupyterLab with the kernel, in an environment of its own. */

import { installKernel } from "../../kernel/install.ts";
import { type Command, type CommandContext, CommandError, UsageError } from "./command.ts";
import { writeLabSettings } from "./lab_settings.ts";
import { readOptions } from "./options.ts";
import { KERNEL_NEEDS, prefetch } from "./prefetch.ts";
import { preparePython } from "./python.ts";

const JUPYTERLAB = "4.6.6";
const NOTEBOOKS = decodeURIComponent(new URL("../../notebooks", import.meta.url).pathname);

/** Opens JupyterLab. */
export const LAB: Command = {
  summary: "Open JupyterLab with the kernel, in a Python environment of its own",
  help: `Usage: levada lab [FOLDER | NOTEBOOK] [--no-browser] [--port NUMBER]

Opens JupyterLab ${JUPYTERLAB} in FOLDER (default: the notebooks of this project) with Levada's kernel. The first time it makes a
Python environment in your cache folder and installs JupyterLab there; nothing else on this machine changes. Needs Python 3.10.
Ctrl-C ends it.

  --no-browser   Prints the address and opens no browser.
  --port NUMBER  Where it listens. Default: 8888, or the next one that is free.

Exit code: JupyterLab's own, 1 it cannot be prepared, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { terminal, signal } = context;
    const { values, positionals } = readOptions(args, { "no-browser": { type: "boolean" }, port: { type: "string" } });
    if (positionals.length > 1) throw new UsageError(`it opens one folder or notebook: got ${positionals.length}`);
    const port = readPort(values.port);
    const place = await findPlace(positionals[0] ?? NOTEBOOKS);
    const onProgress = (text: string) => terminal.out(`${text} …\n`);
    const python = await preparePython({
      name: `lab-${JUPYTERLAB}`,
      packages: [`jupyterlab==${JUPYTERLAB}`],
      onProgress,
      signal,
    });
    await prefetch(KERNEL_NEEDS, context);
    await installKernel({ prefix: python.folder });
    await writeLabSettings(python.folder);
    terminal.out(`Opening JupyterLab ${JUPYTERLAB} in ${place.folder}. Ctrl-C ends it.\n`);
    const child = new Deno.Command(python.program("jupyter-lab"), {
      args: [
        `--ServerApp.root_dir=${place.folder}`,
        ...(place.notebook === undefined
          ? []
          : [`--LabApp.default_url=/lab/tree/${encodeURIComponent(place.notebook)}`]),
        ...(values["no-browser"] ? ["--no-browser"] : []),
        ...(port === undefined ? [] : [`--ServerApp.port=${port}`, "--ServerApp.port_retries=0"]),
        ...(Deno.build.os !== "windows" && Deno.uid() === 0 ? ["--allow-root"] : []),
      ],
      stdin: "null", // it asks nothing: Ctrl-C ends it at once
    }).spawn();
    const end = () => kill(child);
    signal.addEventListener("abort", end);
    const { code } = await child.status;
    signal.removeEventListener("abort", end);
    signal.throwIfAborted();
    return code;
  },
};

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UsageError(`--port takes a number from 1 to 65535: got "${text}"`);
}

/** The folder that is served, and the notebook that is opened there. */
async function findPlace(path: string): Promise<{ readonly folder: string; readonly notebook?: string }> {
  try {
    const full = await Deno.realPath(path);
    if ((await Deno.stat(full)).isDirectory) return { folder: full };
    const cut = Math.max(full.lastIndexOf("/"), full.lastIndexOf("\\"));
    return { folder: full.slice(0, cut) || "/", notebook: full.slice(cut + 1) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CommandError(`Cannot open "${path}": there is no such folder or notebook`, { cause: error });
  }
}

/** The terminal's Ctrl-C has reached it too; once more makes it end without asking. */
function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGTERM");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended
  }
}
