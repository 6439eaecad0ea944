import { keyParts } from "../graph/served_model.ts";
import { matchModelPath } from "../protocol/model_path.ts";

/** The routes of a flow that is a router and nothing else, by what requests call them. */
export class KnownRoutes {
  readonly #names: ReadonlySet<string>;

  constructor(keys: readonly string[]) {
    this.#names = new Set(keys.flatMap((key) => [key, keyParts(key).name]));
  }

  /** False for a path that names a model which is not there: whatever its body is, the answer is 404. */
  mayAnswer(path: string): boolean {
    const address = matchModelPath(path);
    if (address?.kind !== "model") return true;
    const { name, version } = address;
    return this.#names.has(version === undefined ? name : `${name}:${version}`);
  }
}
