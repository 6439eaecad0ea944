import { ModelError } from "../errors.ts";
import { Checksum } from "../stores/cache/checksum.ts";

/** What a model's files must hash to: the file or archive, or each of several files by its name. */
export type ChecksumWish = string | Readonly<Record<string, string>>;

/** What is known of a model's files before they are read. */
export class ModelChecksums {
  readonly #model: string;
  readonly #one: Checksum | undefined;
  readonly #byName: ReadonlyMap<string, Checksum> | undefined;
  #isChecked = false;

  /** @throws {TypeError} If what should be a checksum is none. */
  constructor(model: string, wish: ChecksumWish | undefined) {
    this.#model = model;
    if (typeof wish !== "object" || wish === null) {
      this.#one = wish === undefined ? undefined : new Checksum(String(wish));
    } else this.#byName = new Map(Object.entries(wish).map(([name, text]) => [name, new Checksum(String(text))]));
  }

  /** All that comes from here on was checked with the archive that it was in. */
  passed(): void {
    this.#isChecked = true;
  }

  /**
   * What the model's file or archive must hash to; undefined where nobody says.
   *
   * @throws {ModelError} If others are said, and not that.
   */
  of(name: string): Checksum | undefined {
    if (this.#isChecked) return undefined;
    return this.#byName === undefined ? this.#one : this.#named(name);
  }

  /**
   * What a file must hash to that lies beside the model's and belongs to it; undefined where nobody says anything of either.
   *
   * @param model The model's file.
   * @throws {ModelError} If only the model's is said: half of what serves would be unchecked.
   */
  beside(model: string, name: string): Checksum | undefined {
    if (this.#isChecked || (this.#one === undefined && this.#byName === undefined)) return undefined;
    if (this.#byName !== undefined) return this.#named(name);
    const cure = `Write checksum: { ${JSON.stringify(model)}: "sha256:…", ${JSON.stringify(name)}: "sha256:…" }`;
    throw this.#failure(`its weights lie beside it in "${name}", of which its checksum says nothing. ${cure}`);
  }

  #named(name: string): Checksum {
    const found = this.#byName!.get(name);
    if (found !== undefined) return found;
    throw this.#failure(
      `its checksum says nothing of "${name}", only of ${[...this.#byName!.keys()].join(", ") || "nothing"}`,
    );
  }

  #failure(state: string): ModelError {
    return new ModelError(`Cannot check the files of model "${this.#model}": ${state}`);
  }
}
