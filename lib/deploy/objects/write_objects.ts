import { join } from "node:path";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import { MANAGED_LABEL } from "./managed_label.ts";
import { DeployError } from "../deploy_error.ts";

/** The part of the package yaml that is used here. */
interface Yaml {
  stringify(value: unknown, options: { readonly lineWidth: number }): string;
}

const FILE = /^\d{2,}-[a-z]+-[a-z0-9-]+\.yaml$/;
const OURS = new RegExp(`^ +"?${RegExp.escape(MANAGED_LABEL)}"?: "?levada"?$`, "m");

/** Writes objects, a file each; files of an earlier time go. Gives their names. */
export async function writeObjects(
  act: string,
  folder: string,
  objects: readonly ClusterObject[],
): Promise<readonly string[]> {
  const name = "yaml"; // in a variable: only who writes manifests, or reads a kubeconfig, needs it
  const yaml = await import(name) as Yaml;
  const digits = Math.max(2, String(objects.length).length); // who applies a folder goes by its files' names
  const files = objects.map((object, index) =>
    [fileName(object, String(index + 1).padStart(digits, "0")), yaml.stringify(object, { lineWidth: 0 })] as const
  );
  await emptyFolder(act, folder);
  for (const [file, text] of files) await Deno.writeTextFile(join(folder, file), text);
  return files.map(([file]) => file);
}

function fileName({ kind, metadata: { name } }: ClusterObject, number: string): string {
  return `${number}-${kind.toLowerCase()}-${name}.yaml`;
}

/** Only files that were written so are removed: an object that is none any more must not stay. */
async function emptyFolder(act: string, folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const own = new Set<string>();
  for (const name of names) {
    if (FILE.test(name) && OURS.test(await Deno.readTextFile(join(folder, name)).catch(() => ""))) own.add(name);
  }
  const foreign = names.filter((name) => !name.startsWith(".") && !own.has(name));
  if (foreign.length > 0) {
    throw new DeployError(
      act,
      `${folder} has other files, ${foreign.slice(0, 3).join(", ")}. Give a folder of its own`,
    );
  }
  for (const name of own) await Deno.remove(join(folder, name));
}
