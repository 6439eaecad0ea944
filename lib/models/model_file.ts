import { describeThrown, ModelError, StoreError } from "../errors.ts";
import type { Log } from "../graph/context.ts";
import { Checksum, hashFile } from "../stores/cache/checksum.ts";
import { type CacheOptions, kindOfArchive, StoreCache } from "../stores/cache/store_cache.ts";
import { type DataItem, isAway, isLocal, isMissing, openItem } from "../stores/data_item.ts";
import { holdsSecrets } from "../stores/fill_secrets.ts";
import { artifactTarget, joinUri, readArtifact } from "../stores/remote/artifact.ts";
import { shownUri } from "../stores/remote/shown_uri.ts";
import { chooseFile } from "./choose_file.ts";
import { type Described, describeModel, type ModelSpec, readModelSpec } from "./model_spec.ts";

/** What to look for. */
export interface ModelFileQuery {
  /** A file, its directory, an archive, or its path without the ending; on this machine or in a store. */
  readonly modelPath: string | undefined;
  /** The ending of the file, `.onnx`; empty: any. */
  readonly suffix: string;
  /** What the file, or the archive, must hash to: `sha256:…`. */
  readonly checksum?: string | undefined;
  /** Gets lines about long downloads. */
  readonly log?: Log;
  /** Where remote files are kept, and how stores are reached. */
  readonly cache?: CacheOptions;
}

/** A model's files. */
export interface ModelFiles {
  /** The model, as a file of this machine. */
  readonly file: string;
  /** Other files that belong to it, by name: not fetched yet. */
  readonly extraData: Readonly<Record<string, DataItem>>;
  /** What `model_spec.yaml` or the artifact says; empty where there is neither. */
  readonly spec: ModelSpec;
}

/** Where a description lies. */
interface SpecPlace {
  readonly directory: string;
  /** Whether it came from elsewhere: a store, an archive. */
  readonly isFar: boolean;
}

const SPEC_NAME = "model_spec.yaml";
const UNKNOWN: Described = { spec: {}, hash: undefined };

/**
 * Finds a model's files, and fetches what is not on this machine.
 *
 * Looked for in this order: MLRun's artifact (`store://…`); an archive (`.zip`, `.tar`, `.tar.gz`, `.tgz`), whose content is a directory; a
 * description (`*.yaml`) and what it names; the path itself; a directory with `model_spec.yaml`; a directory with one file of the wanted
 * ending (of several, the one called like the directory, else `model`), whose other files are extra data; the path with the ending.
 *
 * @throws {ModelError} If there is none, or several; it lists what there is.
 * @throws {StoreError} If a store does not give it, or what it gives is broken.
 */
export async function findModel(model: string, query: ModelFileQuery): Promise<ModelFiles> {
  const { modelPath, log } = query;
  if (typeof modelPath !== "string" || modelPath === "") {
    throw new ModelError(`Cannot find the file of model "${model}": it has no modelPath`);
  }
  if (holdsSecrets(modelPath)) {
    const cure = "Write ${NAME} in their place, and give the secret NAME";
    log?.warn(`model "${model}": its modelPath has credentials in it, which the function's document shows. ${cure}`);
  }
  return await new ModelFinder(model, query).find(modelPath);
}

/** Looks for one model. */
class ModelFinder {
  readonly #model: string;
  readonly #query: ModelFileQuery;
  /** What the first thing that is found must hash to. */
  #checksum: Checksum | undefined;
  #cache: StoreCache | undefined;

  constructor(model: string, query: ModelFileQuery) {
    this.#model = model;
    this.#query = query;
    this.#checksum = query.checksum === undefined ? undefined : new Checksum(String(query.checksum));
  }

  async find(path: string): Promise<ModelFiles> {
    if (/^store:/i.test(path)) return await this.#artifact(path);
    const bare = path.replace(/(?<=[^/])\/+$/, "");
    if (kindOfArchive(pathOf(bare)) !== undefined) return await this.#archive(bare, UNKNOWN);
    const asked = /^https?:/i.test(path) && path.endsWith("/") ? path : bare; // the web has no directories but by their slash
    const kind = await this.#kindOf(asked);
    if (kind === "directory") return await this.#directory(asked);
    if (kind === "file" && /\.ya?ml$/i.test(pathOf(bare))) {
      return await this.#described(parentOf(bare), await this.#spec(bare));
    }
    if (kind === "file") return { file: await this.#fetch(bare, UNKNOWN), extraData: {}, spec: {} };
    const completed = `${bare}${this.#query.suffix}`;
    if (this.#query.suffix !== "" && !bare.includes("?") && await this.#kindOf(completed) === "file") {
      return { file: await this.#fetch(completed, UNKNOWN), extraData: {}, spec: {} };
    }
    const tried = this.#query.suffix === ""
      ? `"${shownUri(bare)}"`
      : `"${shownUri(bare)}" nor "${shownUri(completed)}"`;
    throw this.#failure(`: there is no ${tried}${isLocal(bare) ? ` in ${Deno.cwd()}` : ""}`);
  }

  async #artifact(uri: string): Promise<ModelFiles> {
    const artifact = await readArtifact(uri, this.#query.cache?.item ?? {});
    const described = describeModel(artifact, (state) => this.#failure(` "${uri}": ${state}`));
    const { target, file } = artifactTarget(uri, artifact);
    if (target === file) return { ...await this.find(target), spec: described.spec };
    return await this.#described(target, described);
  }

  async #archive(uri: string, described: Described): Promise<ModelFiles> {
    const cache = this.#cacheOf();
    const path = isLocal(uri) ? openItem(uri).uri : await cache.fetch(uri, this.#checksum);
    const folder = await cache.unpack(path, { uri: shownUri(uri), checksum: this.#checksum ?? hashOf(described) });
    this.#checksum = undefined; // what is in it was checked with it
    const inner = await this.#within(folder);
    const found = await this.#directory(inner, shownUri(uri));
    return described === UNKNOWN ? found : { ...found, spec: described.spec };
  }

  /** The folder that stands alone in an archive, else all of it. */
  async #within(folder: string): Promise<string> {
    const names = (await Array.fromAsync(openItem(folder).list())).filter((name) => name !== "__MACOSX/");
    return names.length === 1 && names[0]!.endsWith("/") ? `${folder}/${names[0]!.slice(0, -1)}` : folder;
  }

  /** @param archive The archive that it was in, whose description may name nothing outside. */
  async #directory(directory: string, archive?: string): Promise<ModelFiles> {
    const names = await this.#names(directory);
    if (names.includes(SPEC_NAME)) {
      return await this.#described(directory, await this.#spec(joinUri(directory, SPEC_NAME)), archive);
    }
    const { suffix } = this.#query;
    const name = chooseFile(directory, {
      names,
      suffix,
      fail: (state) => this.#failure(` in "${archive ?? shownUri(directory)}": ${state}`),
    });
    const others = names.filter((other) => other !== name && !other.endsWith("/"));
    const extraData = Object.fromEntries(others.map((other) => [other, this.#open(joinUri(directory, other))]));
    return {
      file: await this.#beside(directory, { name, names, described: UNKNOWN }),
      extraData,
      spec: {},
    };
  }

  async #described(directory: string, described: Described, archive?: string): Promise<ModelFiles> {
    const { spec } = described;
    const said = [spec.model_target_file, spec.model_file].find((name) => typeof name === "string" && name !== "") as
      | string
      | undefined;
    const place: SpecPlace = { directory, isFar: archive !== undefined || !isLocal(directory) };
    const name = said === undefined ? undefined : this.#inside("model_file", said, place);
    const extraData = this.#extraData(spec, place);
    const uri = name === undefined ? undefined : joinUri(directory, name);
    if (
      uri !== undefined && kindOfArchive(uri) !== undefined && !uri.toLowerCase().endsWith(this.#query.suffix || uri)
    ) {
      return { ...await this.#archive(uri, described), extraData, spec };
    }
    const names = await this.#names(directory);
    const fail = (state: string) => this.#failure(` in "${archive ?? shownUri(directory)}": ${state}`);
    const chosen = name ?? chooseFile(directory, { names, suffix: this.#query.suffix, fail });
    return { file: await this.#beside(directory, { name: chosen, names, described }), extraData, spec };
  }

  #extraData(spec: ModelSpec, place: SpecPlace): Record<string, DataItem> {
    const items: Record<string, DataItem> = {};
    for (const [key, name] of Object.entries(spec.extra_data ?? {})) {
      if (typeof name !== "string" || name === "") continue;
      const uri = joinUri(place.directory, this.#inside(`extra_data "${key}"`, name, place));
      try {
        items[key] = this.#open(uri);
      } catch (error) {
        this.#query.log?.warn(
          `model "${this.#model}": extra_data "${key}" is left out: ${describeThrown(error).message}`,
        );
      }
    }
    return items;
  }

  /** A name from a description; one that came from elsewhere names no file of this machine. */
  #inside(field: string, name: string, { isFar }: SpecPlace): string {
    const isOwn = /^(\/|\\|file:|memory:|[a-z]:)/i.test(name);
    if (name.split(/[\\/]/).includes("..") || name.includes("\0") || (isFar && isOwn)) {
      throw this.#failure(`: its ${field} leads out of the model's directory`);
    }
    return name;
  }

  /** The file of a directory, with those that belong to it beside it: weights that ONNX keeps apart. */
  async #beside(
    directory: string,
    { name, names, described }: { name: string; names: readonly string[]; described: Described },
  ): Promise<string> {
    const uri = joinUri(directory, name);
    const file = await this.#fetch(uri, described);
    if (isLocal(uri) || uri === name) return file;
    const parts = names.filter((other) =>
      other !== name && /^[._]/.test(other.slice(name.length)) && other.startsWith(name)
    );
    if (parts.length === 0) return file;
    const cache = this.#cacheOf();
    const files = new Map([[baseOf(name), file]]);
    for (const part of parts.filter((part) => !part.endsWith("/"))) {
      files.set(baseOf(part), await cache.fetch(joinUri(directory, part)));
    }
    return `${await cache.gather(files)}/${baseOf(name)}`;
  }

  /** The names in a directory; of one on the web only whether it has a description can be asked. */
  async #names(directory: string): Promise<string[]> {
    if (!/^https?:/i.test(directory)) return await Array.fromAsync(this.#open(directory).list());
    return await this.#kindOf(joinUri(directory, SPEC_NAME)) === undefined ? [] : [SPEC_NAME];
  }

  async #spec(uri: string): Promise<Described> {
    return await readModelSpec(this.#model, this.#open(uri));
  }

  async #fetch(uri: string, described: Described): Promise<string> {
    const checksum = this.#checksum ?? hashOf(described);
    if (!isLocal(uri)) return await this.#cacheOf().fetch(uri, checksum);
    const path = openItem(uri).uri;
    if (checksum === undefined) return path;
    const found = (await hashFile(path, [checksum.algorithm])).digests[checksum.algorithm];
    if (found === checksum.digest) return path;
    const state = `its ${checksum.algorithm} is ${found}, and it should be ${checksum.digest}`;
    throw new StoreError(`Cannot read "${path}": ${state}`, { reason: "broken" });
  }

  async #kindOf(uri: string): Promise<"file" | "directory" | undefined> {
    if (/^https?:/i.test(uri) && uri.endsWith("/")) return "directory";
    try {
      return (await this.#open(uri).stat()).kind;
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (isAway(error) && await this.#cacheOf().keeps(uri)) return "file";
      throw error;
    }
  }

  #open(uri: string): DataItem {
    return openItem(uri, this.#query.cache?.item);
  }

  #cacheOf(): StoreCache {
    const { log } = this.#query;
    return this.#cache ??= new StoreCache({
      ...(log === undefined ? {} : { say: (level, message) => log[level](`model "${this.#model}": ${message}`) }),
      ...this.#query.cache,
    });
  }

  #failure(state: string): ModelError {
    return new ModelError(`Cannot find the file of model "${this.#model}"${state}`);
  }
}

/** The hash of a description, where it is one that can be checked. */
function hashOf({ hash }: Described): Checksum | undefined {
  try {
    return hash === undefined ? undefined : new Checksum(hash);
  } catch {
    return undefined;
  }
}

/** A URL without what stands behind its path. */
function pathOf(uri: string): string {
  return /^https?:/i.test(uri) ? uri.replace(/[?#].*$/s, "") : uri;
}

function parentOf(uri: string): string {
  const path = pathOf(uri);
  const at = path.lastIndexOf("/");
  return at === -1 ? "." : path.slice(0, at) || "/";
}

function baseOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
