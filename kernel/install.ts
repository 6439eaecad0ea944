/** Tells Jupyter of the kernel: writes a kernelspec. */

/** Where a kernelspec goes, and what it is called. At most one of `directory`, `prefix` and `user`. */
export interface InstallOptions {
  /** The folder that holds kernelspecs, one folder each: `DIRECTORY/NAME/kernel.json`. */
  readonly directory?: string;
  /** The root of an environment, as a virtual environment of Python: `PREFIX/share/jupyter/kernels/NAME`. */
  readonly prefix?: string;
  /** In the person's own Jupyter folder; so it is also when nothing is said. */
  readonly user?: boolean;
  /** The kernel's name in notebooks and on command lines, default `levada`. */
  readonly name?: string;
  /** What people read, default `Levada (TypeScript)`. */
  readonly displayName?: string;
}

/** A kernelspec cannot be written; the message says what to do. */
export class InstallError extends Error {
  override readonly name = "InstallError";
}

const PROJECT = new URL("../", import.meta.url);
const LOGOS = ["logo-svg.svg", "logo-64x64.png"];
const NAME = /^[a-z0-9._-]+$/i; // jupyter_client, kernelspec, "Kernel names"

/**
 * Writes the kernelspec, over an older one of Levada's.
 *
 * Where there is a shell, it starts `start.sh` beside it, and that starts the Deno that runs now. When that Deno has gone (npx
 * keeps it in a cache) it takes another; when this project has gone, it says so and how to mend it.
 *
 * @returns The kernelspec's folder.
 * @throws {InstallError} If the name is of no use, or belongs to another kernel, or the folder cannot be written.
 */
export async function installKernel(options: InstallOptions = {}): Promise<string> {
  const { name = "levada", displayName = "Levada (TypeScript)" } = options;
  if (!NAME.test(name)) {
    throw new InstallError(`Cannot install a kernel as "${name}": a name is made of letters, digits, ".", "_" and "-"`);
  }
  const folder = join(kernelsFolder(options), name);
  await refuseOther(folder, name);
  try {
    await Deno.mkdir(folder, { recursive: true });
    for (const logo of LOGOS) {
      await Deno.writeFile(join(folder, logo), await Deno.readFile(new URL(`kernel/spec/${logo}`, PROJECT)));
    }
    if (hasShell()) await Deno.writeTextFile(join(folder, "start.sh"), startScript(), { mode: 0o755 });
    await Deno.writeTextFile(join(folder, "kernel.json"), await specText(folder, displayName));
  } catch (error) {
    throw new InstallError(`Cannot write the kernelspec ${folder}: ${(error as Error).message}`, { cause: error });
  }
  return folder;
}

/** The folder of kernelspecs that options name. */
function kernelsFolder({ directory, prefix, user }: InstallOptions): string {
  const given = [directory, prefix, user || undefined].filter((option) => option !== undefined);
  if (given.length > 1) {
    throw new InstallError("Cannot install a kernel in several places: give one of directory, prefix and user");
  }
  if (directory !== undefined) return resolve(directory);
  if (prefix !== undefined) return join(resolve(prefix), "share", "jupyter", "kernels");
  return join(ownJupyterFolder(), "kernels");
}

/** @see Source: jupyter_core, paths, `jupyter_data_dir`. */
function ownJupyterFolder(): string {
  const [own, home] = [Deno.env.get("JUPYTER_DATA_DIR"), Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE")];
  if (own) return resolve(own);
  const roaming = Deno.env.get("APPDATA");
  if (Deno.build.os === "windows" && roaming) return join(roaming, "jupyter");
  const shared = Deno.env.get("XDG_DATA_HOME");
  if (shared && Deno.build.os !== "darwin") return join(shared, "jupyter");
  if (!home) throw new InstallError("Cannot find your Jupyter folder: HOME is not set. Give a prefix or a directory");
  return Deno.build.os === "darwin" ? join(home, "Library", "Jupyter") : join(home, ".local", "share", "jupyter");
}

/** Somebody else's kernel is not written over. */
async function refuseOther(folder: string, name: string): Promise<void> {
  let text: string;
  try {
    text = await Deno.readTextFile(join(folder, "kernel.json"));
  } catch {
    return; // there is none, or writing will tell
  }
  if (!text.includes('"levada"')) {
    throw new InstallError(`Cannot install the kernel as "${name}": ${folder} is another kernel. Give another name`);
  }
}

/** @see Source: jupyter_client, kernels, "Kernel specs". */
async function specText(folder: string, displayName: string): Promise<string> {
  const { version } = JSON.parse(await Deno.readTextFile(new URL("deno.json", PROJECT))) as { version: string };
  const argv = hasShell() ? ["/bin/sh", join(folder, "start.sh")] : [Deno.execPath(), ...denoArguments()];
  const spec = {
    argv: [...argv, "{connection_file}"],
    display_name: displayName,
    language: "typescript",
    interrupt_mode: "message",
    kernel_protocol_version: "5.5",
    env: { DENO_NO_UPDATE_CHECK: "1" },
    metadata: { debugger: false, levada: { version, project: pathOf(PROJECT), deno: Deno.version.deno } },
  };
  return `${JSON.stringify(spec, null, 2)}\n`;
}

function denoArguments(): string[] {
  const [config, lock, main] = ["deno.json", "deno.lock", "kernel/main.ts"].map((file) =>
    pathOf(new URL(file, PROJECT))
  );
  return ["run", "-A", "--quiet", "--config", config!, "--lock", lock!, main!];
}

/** `exec` keeps the process id, so that signals and the watch for the parent's end go to the kernel. */
function startScript(): string {
  const release = `deno@${Deno.version.deno}`;
  return `#!/bin/sh
# Starts Levada's kernel. Written by \`levada kernel install\`; install again after moving the project.
deno=${quoted(Deno.execPath())}
project=${quoted(pathOf(PROJECT).replace(/\/$/, ""))}
set -- ${denoArguments().map(quoted).join(" ")} "$@"
if [ ! -f "$project/kernel/main.ts" ]; then
  echo "Cannot start the Levada kernel: there is no Levada in $project any more." >&2
  echo "Run \\\`npx -y ${release} task levada kernel install\\\` in the folder where it is now, or remove \${0%/*}." >&2
  exit 1
fi
[ -x "$deno" ] && exec "$deno" "$@"
echo "The Deno that the Levada kernel was installed with is gone: $deno" >&2
echo "Looking for another; \\\`npx -y ${release} task levada kernel install\\\` in $project mends this." >&2
command -v npx >/dev/null && exec npx -y ${release} "$@"
command -v deno >/dev/null && exec deno "$@"
echo "Cannot start the Levada kernel: neither npx nor deno is on the PATH. Install Node or Deno." >&2
exit 1
`;
}

function hasShell(): boolean {
  return Deno.build.os !== "windows";
}

/** Text that a shell reads as one word. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}

function resolve(path: string): string {
  return /^(\/|[a-z]:[\\/])/i.test(path) ? path : join(Deno.cwd(), path);
}

function join(...parts: string[]): string {
  return parts.map((part) => part.replace(/[\\/]+$/, "")).join(Deno.build.os === "windows" ? "\\" : "/");
}
