/** What the cases share: folders, `levada image` in a process of its own, functions to put into images. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../../lib/stores/cache/cache_folder.ts";
import { type Ended, runCommand } from "./command.ts";
import type { ContainerEngine } from "./container.ts";

/** Such a place. */
export interface ImageLab {
  /** A folder that goes at the end. */
  readonly folder: string;
  readonly engines: readonly ContainerEngine[];
}

/** One thing that has to hold. */
export interface ImageCase {
  readonly name: string;
  /** @returns Why it cannot be shown here, where it cannot. */
  run(lab: ImageLab): Promise<string | undefined | void>;
}

/** This project. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url)).replace(/\/$/, "");

/** A function that says how long a text is. */
export const SIZES = `import { serving } from "levada";
const fn = serving("sizes");
fn.setTopology("flow").to("size", (text: string) => text.length).respond();
export default fn;
`;

/** Runs \`levada image\` of a checkout. */
export async function levadaImage(
  words: readonly string[],
  { root = ROOT, env = {}, command = "image" }: {
    root?: string;
    env?: Readonly<Record<string, string>>;
    command?: "image" | "bundle";
  } = {},
): Promise<Ended> {
  const args = ["run", "--no-prompt", "--lock", join(root, "deno.lock"), "-A", join(root, "lib/cli/main.ts"), command];
  return await runCommand(Deno.execPath(), [...args, ...words], { env: { ...env }, cwd: root });
}

/** The same, which has to go well; gives the digest of the image. */
export async function makeImageBy(...given: Parameters<typeof levadaImage>): Promise<string> {
  const { code, out, err } = await levadaImage(...given);
  const digest = /sha256:[0-9a-f]{64}/.exec(out)?.[0];
  if (code === 0 && digest !== undefined) return digest;
  throw new Error(`levada image ${given[0].join(" ")} ended with ${code}:\n${out}${err}`);
}

/** A cache of its own, where only what was downloaded is shared. */
export async function separateCache(folder: string): Promise<string> {
  const shared = join(cacheFolder((name) => Deno.env.get(name)), "image", "files");
  await Deno.mkdir(shared, { recursive: true });
  await Deno.mkdir(join(folder, "image"), { recursive: true });
  await Deno.symlink(shared, join(folder, "image", "files"));
  return folder;
}
