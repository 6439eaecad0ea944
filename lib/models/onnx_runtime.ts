/** The part of onnxruntime-node that is used here; the package is fetched when the first model is opened. */
export interface OnnxRuntime {
  readonly InferenceSession: { create(file: string, options?: object): Promise<NativeSession> };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => NativeTensor;
}

/** A model that is loaded. */
export interface NativeSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly NativeInfo[];
  readonly outputMetadata: readonly NativeInfo[];
  run(feeds: Record<string, NativeTensor>): Promise<Record<string, NativeTensor>>;
  release(): Promise<void>;
}

/** What a model says of an input or output; a free dimension is a name or empty text. */
export interface NativeInfo {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

/** A tensor of the runtime. */
export interface NativeTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<unknown>;
}

let loading: Promise<OnnxRuntime> | undefined;

/** Loads the native runtime, once. */
export function loadRuntime(): Promise<OnnxRuntime> {
  return loading ??= load();
}

async function load(): Promise<OnnxRuntime> {
  const name = "onnxruntime-node"; // in a variable: a literal would be fetched by programs that open no model
  return await import(name) as OnnxRuntime;
}
