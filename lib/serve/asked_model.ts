import { keyParts, type ServedModel } from "../graph/served_model.ts";
import { matchModelPath } from "../protocol/model_path.ts";

/** The model that a path asks, among those that a flow serves: by its name and version, else the only one. */
export function askedModel(models: readonly ServedModel[], path: string): ServedModel | undefined {
  const address = matchModelPath(path);
  if (address?.kind !== "model") return models.length === 1 ? models[0] : undefined;
  return servedModel(models, address);
}

/**
 * The model of a name, `iris` or `iris:v2`, and a version. Without a version it is the one of this key, else the last of this name that
 * is not taken away.
 */
export function servedModel(
  models: readonly ServedModel[],
  { name, version }: { readonly name: string; readonly version?: string },
): ServedModel | undefined {
  const key = version === undefined ? name : `${name}:${version}`;
  const found = models.find((model) => model.key === key);
  if (found !== undefined || keyParts(key).version !== undefined) return found;
  const versions = models.filter((model) => model.name === name);
  return versions.findLast(({ state }) => state !== "unloaded") ?? versions.at(-1);
}
