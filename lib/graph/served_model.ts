import type { FlowEvent } from "./event.ts";
import type { TensorSpec } from "../tensor/tensor_spec.ts";

/**
 * How far a model is: being loaded, able to answer, not loaded because that failed, taken away on purpose; or begun anew, since its worker or
 * process ended: others can be asked meanwhile, so that the server stays ready.
 */
export type ModelState = "loading" | "ready" | "failed" | "unloaded" | "restarting";

/** What a model says of itself, as the open inference protocol asks. */
export interface ModelFacts {
  /** What runs it: `onnxruntime_onnx`; `levada` for a model of one's own. */
  readonly platform: string;
  /** What it runs on, where there is a choice: `native`, `wasm`, `webgpu`. */
  readonly backend?: string | undefined;
  /** Why it runs on that, for a person. */
  readonly reason?: string | undefined;
  /** The tensors that it takes; empty where nobody says. */
  readonly inputs: readonly TensorSpec[];
  /** The tensors that it gives; empty where nobody says. */
  readonly outputs: readonly TensorSpec[];
}

/** What a model was asked to infer, predict or explain since the flow was started. */
export interface ModelCounts {
  /** How many requests it answered. */
  readonly succeeded: number;
  /** How long it worked on these, together, in milliseconds. */
  readonly succeededMs: number;
  /** How many requests it refused or failed. */
  readonly failed: number;
  /** How long it worked on these, together, in milliseconds. */
  readonly failedMs: number;
  /** When it was last done with one, in milliseconds since 1970; undefined where it was asked nothing. */
  readonly lastTime: number | undefined;
}

/** One model that a step serves: what a server tells of it without asking the graph, and may do to it. */
export interface ServedModel {
  /** What it is asked by, with its version: `iris:v2`. */
  readonly key: string;
  /** The key without the version. */
  readonly name: string;
  /** The version, where the key has one. */
  readonly version?: string;
  /** How far it is. */
  readonly state: ModelState;
  /** Why it is not ready; undefined where it is, or where nothing went wrong. */
  readonly reason?: string | undefined;
  /**
   * Whether it cannot be asked for as long as this program runs, since its workers are in loops that nothing ends: then the server does not
   * live, so that it is started anew. Default: false.
   */
  readonly isLost?: boolean;
  /** What it is and takes and gives; known once it is loaded. */
  facts(): ModelFacts;
  /** What it was asked; undefined where nobody counts. */
  counts?(): ModelCounts;
  /** What can be asked of it besides its metadata: `infer`, `ready`, its own. Undefined where nobody says. */
  operations?(): readonly string[];
  /**
   * Answers a question about itself, without the graph's other steps: its metadata, or whether it is ready. Undefined where only the graph
   * knows.
   */
  tell?(about: "metadata" | "readiness", event: FlowEvent): unknown;
  /** Loads it, or anew: the one that is loaded answers until the new one is ready. Undefined where nobody may. */
  load?(): Promise<void>;
  /** Takes it away, when what it is answering has been answered. Undefined where nobody may. */
  unload?(): Promise<void>;
}

/** Takes a key apart: `iris:v2` is version `v2` of `iris`. */
export function keyParts(key: string): { name: string; version?: string } {
  const at = key.indexOf(":");
  return at < 0 ? { name: key } : { name: key.slice(0, at), version: key.slice(at + 1) };
}
