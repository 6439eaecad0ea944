/** The runtimes that can run a model; each is fetched when it is first needed. */

import { describeThrown, ModelError } from "../../errors.ts";
import { inTurn } from "./onnx_turn.ts";

/** Where a model runs: on a graphics card, in the machine's own code, or in WebAssembly. */
export type OnnxBackend = "webgpu" | "native" | "wasm";

/** The part of `onnxruntime-node` and `onnxruntime-web` that is used here. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(model: string | Uint8Array, options?: object): Promise<RuntimeSession>;
  };
  readonly env?: { readonly wasm?: { numThreads?: number } };
}

/** A model that is loaded. */
export interface RuntimeSession {
  readonly inputMetadata: readonly RuntimeValue[];
  readonly outputMetadata: readonly RuntimeValue[];
  run(
    feeds: Record<string, RuntimeTensor>,
    fetches: readonly string[],
    options?: object,
  ): Promise<Record<string, RuntimeTensor>>;
  release(): Promise<void>;
}

/** What a runtime says of an input or output. */
export interface RuntimeValue {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  /** A free dimension is a name, empty text, or the largest number of 32 bits. */
  readonly shape?: readonly (number | string)[];
}

/** A tensor of a runtime. Plain objects of this form are taken as well: its own class takes no bits of FP16. */
export interface RuntimeTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<unknown>;
  readonly location?: "cpu";
}

const LOADERS: Readonly<Record<OnnxBackend, () => Promise<unknown>>> = {
  async native() {
    const name = "onnxruntime-node"; // in a variable: a literal would be fetched by programs that open no model
    return await import(name);
  },
  async wasm() {
    const name = "onnxruntime-web";
    return oneThread(await import(name) as OnnxRuntime);
  },
  async webgpu() {
    const name = "onnxruntime-web/webgpu";
    return inTurn(oneThread(await import(name) as OnnxRuntime));
  },
};

/** Threads of the web's runtime are workers, which nobody ends. */
function oneThread(runtime: OnnxRuntime): OnnxRuntime {
  if (runtime.env?.wasm !== undefined) runtime.env.wasm.numThreads = 1;
  return runtime;
}

const loading = new Map<OnnxBackend, Promise<OnnxRuntime>>();

/**
 * Loads a runtime, once.
 *
 * @throws {ModelError} If it is not there for this machine, or may not be loaded.
 */
export function loadRuntime(backend: OnnxBackend): Promise<OnnxRuntime> {
  const known = loading.get(backend) ?? load(backend);
  loading.set(backend, known);
  return known;
}

async function load(backend: OnnxBackend): Promise<OnnxRuntime> {
  try {
    return await LOADERS[backend]() as OnnxRuntime;
  } catch (error) {
    loading.delete(backend);
    throw new ModelError(
      `Cannot load the ${backend} runtime: ${describeThrown(error).message}`,
      { cause: error },
    );
  }
}
