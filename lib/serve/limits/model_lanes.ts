import type { ServedModel } from "../../graph/served_model.ts";
import { matchModelPath } from "../../protocol/model_path.ts";
import { bodyField } from "../../protocol/request_body.ts";
import { servedModel } from "../asked_model.ts";

const KNOWN_PATHS = 1_000;
const KNOWN_LETTERS = 500;

/** Tells which model a request is for, however it is spelled, so that each has its own room. */
export class ModelLanes {
  readonly #models: () => readonly ServedModel[];
  readonly #known = new Map<string, string>();

  constructor(models: () => readonly ServedModel[]) {
    this.#models = models;
  }

  /** The key of the model that a path asks, `iris:v2`; as the path says where none is served by it; empty where it names none. */
  ofPath(path: string): string {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const address = matchModelPath(path);
    const key = address?.kind === "model" ? this.#keyOf(address) : "";
    if (path.length > KNOWN_LETTERS) return key;
    if (this.#known.size >= KNOWN_PATHS) this.#known.clear(); // a caller may ask for anything
    this.#known.set(path, key);
    return key;
  }

  /** The key of the model that a body names, where its path does not; else of the first, which answers then. */
  ofBody(body: unknown): string {
    const name = bodyField(body, "model") ?? this.#models()[0]?.key;
    return typeof name === "string" ? this.#keyOf({ name }) : "";
  }

  #keyOf(address: { readonly name: string; readonly version?: string }): string {
    const { name, version } = address;
    return servedModel(this.#models(), address)?.key ?? (version === undefined ? name : `${name}:${version}`);
  }
}
