import { ModelError } from "../errors.ts";
import { openItem } from "../stores/data_item.ts";

/** What to look for. */
export interface ModelFileQuery {
  /** A file, its directory, or its path without the ending. */
  readonly modelPath: string | undefined;
  /** The ending of the file, `.onnx`; empty: any. */
  readonly suffix: string;
}

/**
 * Finds a model's file: the path itself, the path with the ending, or the one file with the ending in a directory
 * (of several, the one called like the directory, else `model`).
 *
 * @throws {ModelError} If there is none, or several; it lists what there is.
 */
export async function findModelFile(model: string, { modelPath, suffix }: ModelFileQuery): Promise<string> {
  if (typeof modelPath !== "string" || modelPath === "") {
    throw new ModelError(`Cannot find the file of model "${model}": it has no modelPath`);
  }
  const bare = modelPath.replace(/\/+$/, "") || "/";
  const kind = await kindOf(bare);
  if (kind === "file") return openItem(bare).uri;
  if (kind === "directory") return await fileInDirectory(bare, { model, suffix });
  const completed = `${bare}${suffix}`;
  if (suffix !== "" && await kindOf(completed) === "file") return openItem(completed).uri;
  const tried = suffix === "" ? `"${bare}"` : `"${bare}" nor "${completed}"`;
  throw new ModelError(`Cannot find the file of model "${model}": there is no ${tried} in ${Deno.cwd()}`);
}

async function fileInDirectory(
  directory: string,
  { model, suffix }: { model: string; suffix: string },
): Promise<string> {
  const names = await Array.fromAsync(openItem(directory).list());
  const files = names.filter((name) => name.endsWith(suffix) && !name.endsWith("/")).sort();
  const own = directory.slice(directory.lastIndexOf("/") + 1);
  const chosen = files.length === 1
    ? files[0]
    : [`${own}${suffix}`, `model${suffix}`].find((name) => files.includes(name));
  if (chosen !== undefined) return openItem(`${directory}/${chosen}`).uri;
  const wish = suffix === "" ? "one file" : `one ${suffix} file`;
  const found = files.length > 0 ? files.join(", ") : names.sort().join(", ") || "nothing";
  throw new ModelError(
    `Cannot find the file of model "${model}" in "${directory}": it needs ${wish}, there is ${found}`,
  );
}

async function kindOf(path: string): Promise<"file" | "directory" | undefined> {
  try {
    return (await openItem(path).stat()).kind;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
