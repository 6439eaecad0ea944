import { describeThrown, ModelError } from "../../errors.ts";
import { loadRuntime, type OnnxBackend, type OnnxRuntime } from "./onnx_runtime.ts";

/** What a model will run on, and why. */
export interface ChosenBackend {
  readonly backend: OnnxBackend;
  /** For a person: why this one. */
  readonly reason: string;
  readonly runtime: OnnxRuntime;
}

/** What the choice goes by. */
export interface BackendQuestion {
  /** Forces one. */
  readonly asked: OnnxBackend | undefined;
  /** The model's operators of `ai.onnx.ml`, which WebGPU's build lacks. */
  readonly classical: readonly string[];
  /** Backends that could not run the model, each with why. */
  readonly failed?: ReadonlyMap<OnnxBackend, string>;
}

/** What this machine has of WebGPU: a card, a program that plays one, or nothing. */
export interface GraphicsAdapter {
  readonly kind: "card" | "software" | "none";
  /** What it calls itself. */
  readonly name: string;
}

const BACKENDS: readonly OnnxBackend[] = ["webgpu", "native", "wasm"];

/**
 * Chooses what runs a model: WebGPU on a real card, else the native runtime, else WebAssembly.
 *
 * @throws {ModelError} If the one that is asked for is not there or cannot run the model.
 */
export async function chooseBackend({ asked, classical, failed = new Map() }: BackendQuestion): Promise<ChosenBackend> {
  if (asked !== undefined && !BACKENDS.includes(asked)) {
    throw new ModelError(`there is no backend ${JSON.stringify(asked)}, there are ${BACKENDS.join(", ")}`);
  }
  if (asked === "webgpu") await refuseWebGpu(classical);
  if (asked !== undefined) return { backend: asked, reason: "it was asked for", runtime: await loadRuntime(asked) };
  const card = lookForCard();
  const adapter = card === "possible" ? await findAdapter() : NO_ADAPTER;
  const against = failed.get("webgpu") ?? (card === "hidden" ? HIDDEN : reasonAgainst(adapter, classical));
  if (against === undefined) {
    return { backend: "webgpu", reason: `there is a card: ${adapter.name}`, runtime: await loadRuntime("webgpu") };
  }
  try {
    const runtime = await loadRuntime("native");
    return { backend: "native", reason: `no WebGPU: ${against}`, runtime };
  } catch (error) {
    const runtime = await loadRuntime("wasm");
    return { backend: "wasm", reason: `no WebGPU: ${against}; ${describeThrown(error).message}`, runtime };
  }
}

async function refuseWebGpu(classical: readonly string[]): Promise<void> {
  if (classical.length > 0) {
    throw new ModelError(
      `its operators ${
        classical.join(", ")
      } are of ai.onnx.ml, which the WebGPU runtime lacks: leave the backend open, or ask for native or wasm`,
    );
  }
  const { kind } = await findAdapter();
  if (kind === "none") {
    throw new ModelError("there is no WebGPU adapter: leave the backend open, or ask for native or wasm");
  }
}

/** Why a model does not go to WebGPU by itself; undefined where it does. */
export function reasonAgainst({ kind, name }: GraphicsAdapter, classical: readonly string[]): string | undefined {
  if (kind === "none") return "there is no adapter";
  if (kind === "software") return `the adapter is a program (${name})`;
  if (classical.length > 0) return `it lacks the operators of ai.onnx.ml (${classical.join(", ")})`;
  return undefined;
}

const NO_ADAPTER: GraphicsAdapter = { kind: "none", name: "" };
const CARDS = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"]; // any card; NVIDIA's in a container; Windows' for Linux

const HIDDEN = `Deno may not look for a card (--allow-read=${CARDS[0]})`;

/**
 * Whether a card is possible: where the system has none, or none to be seen, drivers that play one need not be started, nor write to the
 * terminal.
 */
function lookForCard(): "possible" | "none" | "hidden" {
  if (Deno.build.os !== "linux") return "possible";
  const visible = CARDS.filter((path) => Deno.permissions.querySync({ name: "read", path }).state === "granted");
  return visible.some(exists) ? "possible" : visible.length > 0 ? "none" : "hidden";
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

let asking: Promise<GraphicsAdapter> | undefined;

/** Asks the machine what it has of WebGPU, once a process. */
export function findAdapter(): Promise<GraphicsAdapter> {
  return asking ??= withRuntimeFolder(() => askForAdapter((navigator as { gpu?: GpuDoor }).gpu));
}

const RUNTIME_FOLDER = "XDG_RUNTIME_DIR";

/** Has a program that wants a folder for this session find one: drivers else write to the terminal, in the midst of a log. */
async function withRuntimeFolder<Value>(ask: () => Promise<Value>): Promise<Value> {
  const { state } = Deno.permissions.querySync({ name: "env", variable: RUNTIME_FOLDER });
  if (Deno.build.os !== "linux" || state !== "granted" || Deno.env.get(RUNTIME_FOLDER) !== undefined) {
    return await ask();
  }
  Deno.env.set(RUNTIME_FOLDER, "/"); // nothing of a session lies there, and nothing is written
  try {
    return await ask();
  } finally {
    Deno.env.delete(RUNTIME_FOLDER);
  }
}

/** The part of `navigator.gpu` that is used here. */
export interface GpuDoor {
  requestAdapter(): Promise<GpuAdapter | null>;
}

interface GpuAdapter {
  readonly info?: {
    readonly vendor?: string;
    readonly description?: string;
    readonly isFallbackAdapter?: boolean;
  };
}

const PROGRAMS = /llvmpipe|lavapipe|swiftshader|softpipe|basic render/i;

/** What an adapter says of itself; nothing where asking fails. */
export async function askForAdapter(gpu: GpuDoor | undefined): Promise<GraphicsAdapter> {
  try {
    const adapter = await gpu?.requestAdapter();
    if (adapter === null || adapter === undefined) return NO_ADAPTER;
    const { vendor = "", description = "", isFallbackAdapter = false } = adapter.info ?? {};
    const name = description || vendor || "without a name";
    return { kind: isFallbackAdapter || PROGRAMS.test(name) ? "software" : "card", name };
  } catch {
    return NO_ADAPTER;
  }
}
