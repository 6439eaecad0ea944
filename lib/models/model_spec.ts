import { ModelError } from "../errors.ts";
import { openItem } from "../stores/data_item.ts";
import { readYaml } from "../stores/read_yaml.ts";

/** What MLRun has written down of a model beside its files, or in its artifact: fields as they stand there. */
export interface ModelSpec {
  /** The file in the model's directory. */
  readonly model_file?: string;
  /** What `param` reads, where the model's arguments say nothing. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** What it takes: `name` and `value_type` of each feature. */
  readonly inputs?: readonly unknown[];
  /** What it gives, likewise. */
  readonly outputs?: readonly unknown[];
  /** Words to find it by. */
  readonly labels?: Readonly<Record<string, unknown>>;
  /** What it was measured at. */
  readonly metrics?: Readonly<Record<string, unknown>>;
  /** Other files, by name: a path in the directory, or a URL. */
  readonly extra_data?: Readonly<Record<string, unknown>>;
  /** `feature_vector`, `feature_stats`, `framework`, `algorithm` and whatever else there is. */
  readonly [field: string]: unknown;
}

/** A model's description. */
export interface Described {
  readonly spec: ModelSpec;
  /** What its file should hash to, where that is said. */
  readonly hash: string | undefined;
}

const LONGEST_BYTES = 16 * 1024 * 1024; // statistics of some thousand features
const OBJECTS = ["parameters", "labels", "metrics", "extra_data"];
const LISTS = ["inputs", "outputs"];

/** Where a description lies. */
export interface SpecFile {
  /** On this machine. */
  readonly path: string;
  /** What messages call it. */
  readonly uri: string;
}

/**
 * Reads `model_spec.yaml`.
 *
 * @throws {ModelError} If it is none: no YAML, or fields of another kind.
 */
export async function readModelSpec(model: string, { path, uri }: SpecFile): Promise<Described> {
  const fail = (state: string) => new ModelError(`Cannot read "${uri}" of model "${model}": ${state}`);
  const bytes = await openItem(path).get({ from: 0, to: LONGEST_BYTES + 1 });
  if (bytes.length > LONGEST_BYTES) throw fail(`it has more than ${LONGEST_BYTES} bytes`);
  let value;
  try {
    value = await readYaml(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw fail(`it is no YAML (${error instanceof SyntaxError ? error.message : "it is not UTF-8"})`);
  }
  return describeModel(value, fail);
}

/**
 * The description in an artifact; older ones have the fields of `spec` and `metadata` beside each other.
 *
 * @param fail Makes the error.
 */
export function describeModel(value: unknown, fail: (state: string) => Error): Described {
  if (!isObject(value)) throw fail("it is no description of a model");
  const [spec, metadata] = [value.spec ?? value, value.metadata ?? {}];
  if (!isObject(spec) || !isObject(metadata)) throw fail("its spec or metadata is no object");
  for (const field of OBJECTS) if (!isObject(spec[field] ?? {})) throw fail(`its ${field} is no object`);
  for (const field of LISTS) if (!Array.isArray(spec[field] ?? [])) throw fail(`its ${field} is no list`);
  for (const field of ["model_file", "model_target_file", "target_path"]) {
    if (typeof (spec[field] ?? "") !== "string") throw fail(`its ${field} is no text`);
  }
  const labels = spec.labels ?? metadata.labels;
  const hash = metadata.hash ?? spec.hash;
  return {
    spec: { ...spec, ...(isObject(labels) ? { labels } : {}) },
    hash: typeof hash === "string" && hash !== "" ? hash : undefined,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
