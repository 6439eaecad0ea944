import { describeThrown, ModelError, StoreError } from "../../errors.ts";
import type { TensorInfo } from "../../protocol/reply.ts";
import { type DataItem, openItem } from "../../stores/data_item.ts";
import { chooseBackend, type ChosenBackend } from "./onnx_backend.ts";
import { type OnnxFile, type OnnxType, readOnnx } from "./onnx_file.ts";
import { type PlainOnnx, plainOnnx } from "./onnx_rewrite.ts";
import type { OnnxBackend, RuntimeSession, RuntimeValue } from "./onnx_runtime.ts";
import { OnnxSession } from "./onnx_session.ts";
import { datatypeOf, datatypeOfRuntime } from "./onnx_tensor.ts";

/** How a model is opened. */
export interface OnnxOptions {
  /**
   * What runs it. Default: WebGPU where there is a card and the model has no classical operators, else the native runtime, else
   * WebAssembly.
   */
  readonly backend?: OnnxBackend | undefined;
}

/**
 * Opens an ONNX file.
 *
 * It runs on the first of these that is there: a graphics card by WebGPU (a program that plays one does not count; nor is a model with
 * classical operators, `ai.onnx.ml`, run there, which that runtime lacks), the native runtime, WebAssembly. The session says which, and why.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { openOnnx } from "levada";
 *
 * await using model = await openOnnx("notebooks/models/iris_logreg.onnx");
 * deepStrictEqual(await model.labels([[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]]), [0, 2]);
 * ```
 *
 * @throws {ModelError} If the file is missing, empty, or no ONNX model that the backend can run.
 */
export async function openOnnx(file: string, { backend }: OnnxOptions = {}): Promise<OnnxSession> {
  return await openModelFile(file, { backend });
}

/** How the file of a model is opened. */
export interface ModelFileOptions extends OnnxOptions {
  /** Has the weights that the file names beside it, and gives its path there. Default: they are. */
  readonly beside?: (names: readonly string[]) => Promise<string>;
}

/**
 * As `openOnnx`, for a file whose weights may lie elsewhere.
 *
 * @throws {ModelError} If it is missing, empty, or no ONNX model that the backend can run, or its weights cannot be had.
 */
export async function openModelFile(file: string, { backend, beside }: ModelFileOptions): Promise<OnnxSession> {
  const bytes = await readFile(file);
  try {
    return await openBytes(bytes, { file, backend, beside });
  } catch (error) {
    throw new ModelError(
      `Cannot open model file "${file}" as ONNX: ${describeThrown(error).message}`,
      { cause: error },
    );
  }
}

async function readFile(file: string): Promise<Uint8Array> {
  const item = openItem(file);
  const { kind, bytes } = await item.stat().catch((error) => {
    throw new ModelError(
      `Cannot open model file "${file}": ${
        error instanceof Deno.errors.NotFound ? "there is no such file" : error.message
      }`,
      { cause: error },
    );
  });
  if (kind === "directory" || bytes === 0) {
    throw new ModelError(`Cannot open model file "${file}": it is ${kind === "directory" ? "a directory" : "empty"}`);
  }
  return await item.get();
}

interface Opening {
  readonly file: string;
  readonly backend: OnnxBackend | undefined;
  readonly beside: ModelFileOptions["beside"] | undefined;
}

async function openBytes(bytes: Uint8Array, { file, backend, beside }: Opening): Promise<OnnxSession> {
  const read = isOrtFormat(bytes) ? undefined : readOnnx(bytes);
  const external = read?.external ?? [];
  const plain = read && plainOnnx(read);
  const question = { asked: backend, classical: read?.classical ?? [] };
  const content = {
    bytes: plain?.bytes ?? bytes,
    isChanged: plain?.bytes !== undefined,
    file: await placeOf(file, external, beside),
    external,
  };
  const chosen = await chooseBackend(question);
  try {
    return await sessionOf(await create(content, chosen), { chosen, read, plain });
  } catch (error) {
    if (chosen.backend !== "webgpu" || backend !== undefined) throw error;
    const why = `it cannot run the model: ${describeThrown(error).message}`;
    const second = await chooseBackend({ ...question, failed: new Map([["webgpu", why]]) });
    return await sessionOf(await create(content, second), { chosen: second, read, plain });
  }
}

/** Where the file lies beside its weights. */
async function placeOf(file: string, external: readonly string[], beside: Opening["beside"]): Promise<string> {
  if (beside === undefined || external.length === 0) return file;
  weightsOf(file, external); // what leads out of the folder is not asked for
  try {
    return await beside(external);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const names = external.map((name) => `"${name}"`).join(", ");
    const cure = "Put it beside the model, or serve an archive (.zip, .tar.gz) with all its files";
    throw new ModelError(`its weights lie in ${names} beside it: ${error.message}. ${cure}`, { cause: error });
  }
}

/** The runtime's own format, which is no protocol buffer and is taken as it is. */
function isOrtFormat(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(4, 8)) === "ORTM";
}

/** WebGPU's own layout, NHWC, answers one-dimensional convolutions wrongly (1.30.0, seen with silero-vad on Mesa's adapter). */
const PROVIDERS = { native: "cpu", wasm: "wasm", webgpu: { name: "webgpu", preferredLayout: "NCHW" } } as const;

interface Content {
  readonly bytes: Uint8Array;
  /** Whether they are others than the file's. */
  readonly isChanged: boolean;
  readonly file: string;
  readonly external: readonly string[];
}

/** Weights beside the file are read by the native runtime itself, where it can: they may be more than a program can hold twice. */
async function create(
  { bytes, isChanged, file, external }: Content,
  { backend, runtime }: ChosenBackend,
): Promise<RuntimeSession> {
  const options = { executionProviders: [PROVIDERS[backend]], logSeverityLevel: 4 };
  if (external.length === 0) return await runtime.InferenceSession.create(bytes, options);
  const weights = weightsOf(file, external);
  if (backend === "native" && !isChanged) {
    for (const { path, item } of weights) await item.stat().catch((error) => refuseWeights(path, error));
    return await runtime.InferenceSession.create(openItem(file).uri, options);
  }
  const externalData = await Promise.all(
    weights.map(async ({ path, item }) => ({
      path,
      data: await item.get().catch((error) => refuseWeights(path, error)),
    })),
  );
  return await runtime.InferenceSession.create(bytes, { ...options, externalData });
}

/** The weights that lie beside the file, under the names by which it knows them. */
function weightsOf(file: string, names: readonly string[]): { readonly path: string; readonly item: DataItem }[] {
  const { uri } = openItem(file);
  const folder = uri.slice(0, uri.lastIndexOf("/") + 1);
  return names.map((path) => {
    if (!path.startsWith("/") && !path.split(/[\\/]/).includes("..")) {
      return { path, item: openItem(`${folder}${path}`) };
    }
    throw new ModelError(`its weights lie in "${path}", which is outside its folder`);
  });
}

function refuseWeights(path: string, error: unknown): never {
  throw new ModelError(`its weights lie in "${path}", which cannot be read`, { cause: error });
}

interface Read {
  readonly chosen: ChosenBackend;
  readonly read: OnnxFile | undefined;
  readonly plain: PlainOnnx | undefined;
}

async function sessionOf(session: RuntimeSession, { chosen, read, plain }: Read): Promise<OnnxSession> {
  try {
    const { backend, reason } = chosen;
    const told = new Map(
      [...session.inputMetadata, ...session.outputMetadata].map((value) => [value.name, value]),
    );
    const types = new Map([...read?.inputs ?? [], ...read?.outputs ?? []].map(({ name, type }) => [name, type]));
    const info = (name: string) => infoOf(name, types.get(name), told.get(name));
    const inputs = read?.inputs ?? session.inputMetadata;
    const outputs = read?.outputs ?? session.outputMetadata;
    return new OnnxSession({
      session,
      backend,
      reason,
      inputs: inputs.map(({ name }) => info(name)),
      outputs: outputs.map(({ name }) => info(name)),
      firstNames: new Map([...told.keys()].flatMap((name) => {
        const first = firstNameOf(types.get(name), told.get(name));
        return first === undefined ? [] : [[name, first]];
      })),
      anyShape: new Set(inputs.filter(({ name }) => hasAnyShape(types.get(name))).map(({ name }) => name)),
      inputForms: plain?.inputs ?? new Map(inputs.map(({ name }) => [name, { kind: "tensor", to: name }])),
      outputForms: plain?.outputs ?? new Map(outputs.map(({ name }) => [name, { kind: "tensor", from: name }])),
    });
  } catch (error) {
    await session.release();
    throw error;
  }
}

function hasAnyShape(type: OnnxType | undefined): boolean {
  return type?.kind === "sequence" || (type?.kind === "tensor" && type.shape === undefined);
}

/** What a free first size is called: by the file, else by the runtime, which works out shapes; empty where neither says anything. */
function firstNameOf(type: OnnxType | undefined, told: RuntimeValue | undefined): string | undefined {
  if (type?.kind !== "tensor") return undefined;
  if (type.shape !== undefined) return type.firstName;
  const size = told?.shape?.[0];
  return typeof size === "string" ? size : "";
}

/** What the file says; what it leaves open, the runtime may know. */
function infoOf(name: string, type: OnnxType | undefined, told: RuntimeValue | undefined): TensorInfo {
  const known = told?.shape?.map((size) => typeof size === "number" && size < LARGEST_SIZE ? size : -1);
  if (type === undefined) {
    return { name, datatype: datatypeOrThrow(name, datatypeOfRuntime(told?.type)), shape: known ?? [] };
  }
  if (type.kind === "tensor") {
    return { name, datatype: datatypeOrThrow(name, datatypeOf(type.element)), shape: type.shape ?? known ?? [] };
  }
  if (type.kind === "sequence" && type.of.kind === "tensor") {
    return { name, datatype: datatypeOrThrow(name, datatypeOf(type.of.element)), shape: [] };
  }
  return { name, datatype: "FP32", shape: known ?? [] };
}

const LARGEST_SIZE = 2 ** 32 - 1; // what the web's runtime says of a free dimension

function datatypeOrThrow(name: string, datatype: string | undefined): string {
  if (datatype === undefined) {
    throw new ModelError(`"${name}" has a type that tensors here do not have: complex, or of 8 bits and less`);
  }
  return datatype;
}
