/** A private Python environment with chosen packages, made once and kept in the cache. */

import { CommandError } from "./command.ts";

/** What an environment is to hold. */
export interface PythonOptions {
  /** Its folder's name in the cache. */
  readonly name: string;
  /** Packages as pip writes them, `jupyterlab==4.6.6`. */
  readonly packages: readonly string[];
  /** Told what takes time; nothing is told when nothing has to be done. */
  readonly onProgress: (text: string) => void;
  /** Aborted, what pip does is ended. */
  readonly signal?: AbortSignal;
}

/** A Python environment that is ready. */
export interface PythonEnvironment {
  readonly folder: string;
  /** The path of one of its programs. */
  program(name: string): string;
}

const IS_WINDOWS = Deno.build.os === "windows";
const PYTHONS = IS_WINDOWS ? ["python", "py", "python3"] : ["python3", "python"];
const OLDEST = [3, 10] as const; // jupyter_client 8.8
const TAIL_CHARACTERS = 1500;

/**
 * Makes the environment, or finds it ready.
 *
 * @throws {CommandError} If there is no Python of use, or pip fails: with what it said last.
 */
export async function preparePython(options: PythonOptions): Promise<PythonEnvironment> {
  const folder = `${cacheFolder()}/${options.name}`;
  const program = (name: string) => IS_WINDOWS ? `${folder}\\Scripts\\${name}.exe` : `${folder}/bin/${name}`;
  const environment = { folder, program };
  const wanted = options.packages.join("\n");
  const note = `${folder}/packages.txt`; // written last: an environment without it was not finished
  const isReady = await Deno.readTextFile(note).catch(() => "") === wanted;
  if (isReady && await answers(program("python"))) return environment;
  const python = await findPython();
  options.onProgress(`Making a Python environment in ${folder}`);
  await run(python, ["-m", "venv", "--clear", folder], options, VENV_CURE);
  options.onProgress(`Installing ${options.packages.join(", ")} there (this first time only)`);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...options.packages];
  await run(program("python"), pip, options, "Is there a way to the Python Package Index from here?");
  await Deno.writeTextFile(note, wanted);
  return environment;
}

const VENV_CURE = "Debian and Ubuntu have it in the package python3-venv.";

/** Where this project keeps what can be made again. */
export function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
  const base = Deno.env.get("XDG_CACHE_HOME") || Deno.env.get("LOCALAPPDATA") || (home ? `${home}/.cache` : undefined);
  if (base === undefined) {
    throw new CommandError("Cannot find the folder for caches: neither HOME nor XDG_CACHE_HOME is set");
  }
  return `${base}/levada`;
}

/** The first Python on the PATH that is new enough. */
async function findPython(): Promise<string> {
  const old: string[] = [];
  for (const name of PYTHONS) {
    const version = await versionOf(name);
    if (version === undefined) continue;
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return name;
    old.push(`${name} is ${version}`);
  }
  const state = old.length === 0 ? `there is no ${PYTHONS.join(" or ")} on the PATH` : old.join(", ");
  throw new CommandError(
    `This needs Python ${OLDEST.join(".")} or newer: ${state}. Install it from your system or python.org`,
  );
}

async function versionOf(python: string): Promise<string | undefined> {
  try {
    const code = "import sys; print('.'.join(map(str, sys.version_info[:3])))";
    const { success, stdout } = await new Deno.Command(python, { args: ["-c", code], stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}

/** An environment outlives the Python that it was made of; then its links lead nowhere. */
async function answers(python: string): Promise<boolean> {
  return await versionOf(python) !== undefined;
}

async function run(program: string, args: string[], { signal }: PythonOptions, cure: string): Promise<void> {
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...(signal === undefined ? {} : { signal }),
  });
  const { code, stdout, stderr } = await child.output();
  signal?.throwIfAborted();
  if (code === 0) return;
  const said = [stderr, stdout].map((bytes) => new TextDecoder().decode(bytes).trim()).filter((text) => text !== "");
  throw new CommandError(
    `Cannot prepare Python: \`${program} ${args.join(" ")}\` ended with ${code}. ${cure}\n${
      said.join("\n").slice(-TAIL_CHARACTERS)
    }`,
  );
}
