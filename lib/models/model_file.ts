import { describeThrown, ModelError } from "../errors.ts";
import type { Log } from "../graph/context.ts";
import { Checksum } from "../stores/cache/checksum.ts";
import type { CacheOptions } from "../stores/cache/cache_room.ts";
import { kindOfArchive } from "../stores/cache/folder_cache.ts";
import { type DataItem, isLocal, openItem } from "../stores/data_item.ts";
import { artifactTarget, childUri, joinUri } from "../stores/remote/artifact.ts";
import { shownUri } from "../stores/remote/shown_uri.ts";
import { chooseFile } from "./choose_file.ts";
import { type ChecksumWish, ModelChecksums } from "./model_checksums.ts";
import { baseOf, ModelSource, SPEC_NAME } from "./model_source.ts";
import { type Described, describeModel, type ModelSpec, readModelSpec } from "./model_spec.ts";

/** What to look for. */
export interface ModelFileQuery {
  /** A file, its directory, an archive, or its path without the ending; on this machine or in a store. */
  readonly modelPath: string | undefined;
  /** The ending of the file, `.onnx`; empty: any. */
  readonly suffix: string;
  /** What the file, or the archive, must hash to: `sha256:…`; of several files, by their names. */
  readonly checksum?: ChecksumWish | undefined;
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
  /**
   * Has other files beside the model's, which belong to it: fetched from where it came from, and checked. Gives the model's path beside
   * which they lie.
   *
   * @param names As the model's file names them: within its directory.
   * @throws {ModelError} If a checksum was given for the model's file alone.
   * @throws {StoreError} If a store does not give one, or it is not what it should be.
   */
  readonly beside: (names: readonly string[]) => Promise<string>;
  /**
   * For where a file that came from a store without a checksum, or those beside it, turn out to be no model: the path of what was good the
   * last time, which is kept again from then on. It gives undefined where there was nothing else.
   */
  readonly before?: () => Promise<string | undefined>;
  /** For such files: says that they are good, together with those beside them. */
  readonly keep?: () => Promise<void>;
}

/** Where a description lies. */
interface SpecPlace {
  readonly directory: string;
  /** Whether it came from elsewhere: a store, an archive. */
  readonly isFar: boolean;
}

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
  const { modelPath } = query;
  if (typeof modelPath !== "string" || modelPath === "") {
    throw new ModelError(`Cannot find the file of model "${model}": it has no modelPath`);
  }
  return await new ModelFinder(model, query).files(isLocal(modelPath) ? openItem(modelPath).uri : modelPath);
}

type Found = Omit<ModelFiles, "beside" | "before" | "keep">;

/** Looks for one model. */
class ModelFinder {
  readonly #model: string;
  readonly #query: ModelFileQuery;
  readonly #source: ModelSource;
  readonly #checksums: ModelChecksums;

  constructor(model: string, query: ModelFileQuery) {
    this.#model = model;
    this.#query = query;
    this.#source = new ModelSource(model, query);
    this.#checksums = new ModelChecksums(model, query.checksum);
  }

  async files(path: string): Promise<ModelFiles> {
    const found = await this.find(path);
    const name = baseOf(found.file);
    const beside = (names: readonly string[]) =>
      this.#source.beside(found.file, new Map(names.map((other) => [other, this.#checksums.beside(name, other)])));
    return { ...found, beside, ...this.#source.keptOf(found.file) };
  }

  async find(path: string): Promise<Found> {
    if (/^store:/i.test(path)) return await this.#artifact(path);
    const bare = path.replace(/(?<=[^/])\/+$/, "");
    if (kindOfArchive(pathOf(bare)) !== undefined) return await this.#archive(bare, UNKNOWN);
    const asked = /^https?:/i.test(path) && path.endsWith("/") ? path : bare;
    const kind = await this.#source.kindOf(asked);
    if (kind === "directory") return await this.#directory(asked);
    if (kind === "file" && /\.ya?ml$/i.test(pathOf(bare))) {
      return await this.#described(parentOf(bare), await this.#spec(bare));
    }
    if (kind === "file") return await this.#file(bare);
    const { suffix } = this.#query;
    const completed = `${bare}${suffix}`;
    if (suffix !== "" && !bare.includes("?") && await this.#source.kindOf(completed) === "file") {
      return await this.#file(completed);
    }
    const tried = suffix === "" ? `"${shownUri(bare)}"` : `"${shownUri(bare)}" nor "${shownUri(completed)}"`;
    throw this.#failure(`: there is no ${tried}${isLocal(bare) ? ` in ${Deno.cwd()}` : ""}`);
  }

  async #file(uri: string): Promise<Found> {
    return { file: await this.#source.fetch(uri, this.#checksums.of(nameOf(uri))), extraData: {}, spec: {} };
  }

  async #artifact(uri: string): Promise<Found> {
    const artifact = await this.#source.artifact(uri);
    const described = describeModel(artifact, (state) => this.#failure(` "${uri}": ${state}`));
    const { target, file } = artifactTarget(uri, artifact);
    if (target === file) return { ...await this.find(target), spec: described.spec };
    return await this.#described(target, described);
  }

  async #archive(uri: string, described: Described): Promise<Found> {
    const folder = await this.#source.unpack(uri, this.#checksums.of(nameOf(uri)) ?? hashOf(described));
    this.#checksums.passed();
    const found = await this.#directory(folder, shownUri(uri));
    return described === UNKNOWN ? found : { ...found, spec: described.spec };
  }

  /** @param archive The archive that it was in, whose description may name nothing outside. */
  async #directory(directory: string, archive?: string): Promise<Found> {
    const names = await this.#source.names(directory);
    if (names.includes(SPEC_NAME)) {
      return await this.#described(directory, await this.#spec(childUri(directory, SPEC_NAME)), archive);
    }
    const name = this.#choose(directory, names, archive);
    const others = names.filter((other) => other !== name && !other.endsWith("/"));
    const extraData = Object.fromEntries(
      others.map((other) => [other, this.#source.open(childUri(directory, other))]),
    );
    const file = await this.#source.fetchBeside(directory, {
      uri: childUri(directory, name),
      names,
      checksum: this.#checksums.of(name),
    });
    return { file, extraData, spec: {} };
  }

  async #described(directory: string, described: Described, archive?: string): Promise<Found> {
    const { spec } = described;
    const said = [spec.model_target_file, spec.model_file].find((name) => typeof name === "string" && name !== "");
    const place: SpecPlace = { directory, isFar: archive !== undefined || !isLocal(directory) };
    const name = said === undefined ? undefined : this.#inside("model_file", String(said), place);
    const extraData = this.#extraData(spec, place);
    const uri = name === undefined ? undefined : joinUri(directory, name);
    const isWanted = uri?.toLowerCase().endsWith(this.#query.suffix.toLowerCase() || "\0") ?? false;
    if (uri !== undefined && kindOfArchive(uri) !== undefined && !isWanted && this.#query.suffix !== "") {
      return { ...await this.#archive(uri, described), extraData, spec };
    }
    const names = await this.#source.names(directory);
    const chosen = uri ?? childUri(directory, this.#choose(directory, names, archive));
    const checksum = this.#checksums.of(nameOf(chosen)) ?? hashOf(described);
    return { file: await this.#source.fetchBeside(directory, { uri: chosen, names, checksum }), extraData, spec };
  }

  #choose(directory: string, names: readonly string[], archive: string | undefined): string {
    const cure = /^https?:/i.test(directory)
      ? `. A web server lists no names: write the URL of the file or of an archive, or put ${SPEC_NAME} there`
      : "";
    const fail = (state: string) => this.#failure(` in "${archive ?? shownUri(directory)}": ${state}${cure}`);
    return chooseFile(directory, { names, suffix: this.#query.suffix, fail });
  }

  /** The description at a URL; kept like a model, so that it is there when its store is not. */
  async #spec(uri: string): Promise<Described> {
    return await readModelSpec(this.#model, { path: await this.#source.fetch(uri), uri: shownUri(uri) });
  }

  #extraData(spec: ModelSpec, place: SpecPlace): Record<string, DataItem> {
    const items: Record<string, DataItem> = {};
    for (const [key, name] of Object.entries(spec.extra_data ?? {})) {
      if (typeof name !== "string" || name === "") continue;
      const uri = joinUri(place.directory, this.#inside(`extra_data "${key}"`, name, place));
      try {
        items[key] = this.#source.open(uri);
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

/** The name of what lies at a URL. */
function nameOf(uri: string): string {
  return baseOf(pathOf(uri));
}

function parentOf(uri: string): string {
  const path = pathOf(uri);
  const at = path.lastIndexOf("/");
  return at === -1 ? "." : path.slice(0, at) || "/";
}
