/** What is told of the server and its models, and done to them: the methods beside inference. */

import { StatusError } from "../../errors.ts";
import type { ServedModel } from "../../graph/served_model.ts";
import type { TensorSpec } from "../../tensor/tensor_spec.ts";
import { servedModel } from "../asked_model.ts";
import { changeModels, type ChangeWish, modelsOf, refuseFiles } from "../own/change_models.ts";
import { modelStatistics } from "../own/model_statistics.ts";
import { SERVER_VERSION } from "../own/server_version.ts";
import type { Caller } from "./ask_flow.ts";
import { readMessage, readNested } from "./read_message.ts";
import { isLive, isReady, type Site } from "./site.ts";
import type { WireReader, WireWriter } from "./wire.ts";

/** Answers one message by another. */
export type Describe = (
  site: Site,
  message: Uint8Array,
  caller: Pick<Caller, "signal">,
) => Uint8Array | Promise<Uint8Array>;

/** The methods of the service that tell of the server and its models, or load them. */
export const DESCRIBE: Readonly<Record<string, Describe>> = {
  ServerLive: (site) => flag(site, isLive(site)),
  ServerReady: (site) => flag(site, isReady(site)),
  ModelReady(site, message) {
    const { name, version } = readNames(site, message);
    const model = servedModel(site.server.models(), addressOf(name, version));
    return flag(site, site.server.state === "open" && model?.state === "ready");
  },
  ServerMetadata({ wire }) {
    const writer = new wire.BinaryWriter().tag(1, 2).string("levada").tag(2, 2).string(SERVER_VERSION);
    for (const extension of EXTENSIONS) writer.tag(3, 2).string(extension);
    return writer.finish();
  },
  ModelMetadata(site, message) {
    const model = find(site, message);
    const { platform, inputs, outputs } = model.facts();
    const writer = new site.wire.BinaryWriter().tag(1, 2).string(model.name);
    for (const { version } of modelsOf(site.server, model.name)) {
      if (version !== undefined) writer.tag(2, 2).string(version);
    }
    writer.tag(3, 2).string(platform);
    for (const tensor of inputs) writeSpec(writer, 4, tensor);
    for (const tensor of outputs) writeSpec(writer, 5, tensor);
    return writer.finish();
  },
  ModelConfig(site, message) {
    const model = find(site, message);
    const { platform, inputs, outputs } = model.facts();
    const writer = new site.wire.BinaryWriter().tag(1, 2).fork().tag(1, 2).string(model.name).tag(2, 2).string(
      platform,
    );
    for (const tensor of inputs) writeConfig(writer, tensor, { field: 5, dims: 4 });
    for (const tensor of outputs) writeConfig(writer, tensor, { field: 6, dims: 3 });
    writer.tag(17, 2).string(platform.startsWith("onnxruntime") ? "onnxruntime" : platform);
    return writer.join().finish();
  },
  ModelStatistics(site, message) {
    const { name, version } = readNames(site, message);
    const writer = new site.wire.BinaryWriter();
    for (const model of name === "" ? site.server.models() : modelsOf(site.server, name)) {
      if (version === "" || model.version === version) writeStatistics(writer, model);
    }
    return writer.finish();
  },
  RepositoryIndex(site, message) {
    let onlyReady = false;
    read(site, message, (tag, reader) => {
      if (tag !== 0o20) return false;
      onlyReady = reader.bool();
      return true;
    });
    const writer = new site.wire.BinaryWriter();
    for (const { name, version = "", state, reason } of site.server.models()) {
      if (onlyReady && state !== "ready") continue;
      writer.tag(1, 2).fork().tag(1, 2).string(name).tag(2, 2).string(version).tag(3, 2).string(STATES[state]);
      writer.tag(4, 2).string(reason ?? (state === "unloaded" ? "unloaded" : "")).join();
    }
    return writer.finish();
  },
  async RepositoryModelLoad(site, message, { signal }) {
    await change(site, message, { act: "load", signal });
    return new Uint8Array();
  },
  async RepositoryModelUnload(site, message, { signal }) {
    await change(site, message, { act: "unload", signal });
    return new Uint8Array();
  },
};

const EXTENSIONS = ["model_configuration", "model_repository", "parameters", "statistics"];

const STATES = {
  loading: "LOADING",
  ready: "READY",
  failed: "UNAVAILABLE",
  unloaded: "UNAVAILABLE",
  restarting: "UNAVAILABLE",
} as const;

/** Triton's numbers for datatypes in a model's configuration. */
const CONFIG_TYPES: Readonly<Record<string, number>> = {
  BOOL: 1,
  UINT8: 2,
  UINT16: 3,
  UINT32: 4,
  UINT64: 5,
  INT8: 6,
  INT16: 7,
  INT32: 8,
  INT64: 9,
  FP16: 10,
  FP32: 11,
  FP64: 12,
  BYTES: 13,
  BF16: 14,
};

function flag({ wire }: Site, value: boolean): Uint8Array {
  return new wire.BinaryWriter().tag(1, 0).bool(value).finish();
}

/** Reads a message, or says that it is none. */
function read({ wire }: Site, message: Uint8Array, take: (tag: number, reader: WireReader) => boolean): void {
  const reader = new wire.BinaryReader(message);
  try {
    readMessage(reader, (tag) => take(tag, reader));
  } catch (error) {
    if (error instanceof StatusError || !(error instanceof Error)) throw error;
    throw new StatusError(400, `Cannot read the request: ${error.message}`, { cause: error });
  }
}

/** The name and the version of a model that a request is for; each is empty where it says none. */
function readNames(site: Site, message: Uint8Array): { name: string; version: string } {
  const names = { name: "", version: "" };
  read(site, message, (tag, reader) => {
    if (tag === 0o12) names.name = reader.string(true);
    else if (tag === 0o22) names.version = reader.string(true);
    else return false;
    return true;
  });
  return names;
}

/** The model that a request is for: without a version the one of this key, else the last of this name. */
function find(site: Site, message: Uint8Array): ServedModel {
  const { name, version } = readNames(site, message);
  const model = servedModel(site.server.models(), addressOf(name, version));
  if (model !== undefined) return model;
  const keys = site.server.models().map(({ key }) => key).join(", ") || "none";
  throw new StatusError(
    404,
    `Cannot find model "${version === "" ? name : `${name}:${version}`}": available models are ${keys}`,
  );
}

function addressOf(name: string, version: string): { readonly name: string; readonly version?: string } {
  return version === "" ? { name } : { name, version };
}

function writeSpec(writer: WireWriter, field: number, { name, datatype, shape }: TensorSpec): void {
  writer.tag(field, 2).fork().tag(1, 2).string(name).tag(2, 2).string(datatype);
  writeSizes(writer, 3, shape);
  writer.join();
}

function writeConfig(
  writer: WireWriter,
  { name, datatype, shape }: TensorSpec,
  { field, dims }: { readonly field: number; readonly dims: number },
): void {
  writer.tag(field, 2).fork().tag(1, 2).string(name).tag(2, 0).int32(CONFIG_TYPES[datatype] ?? 0);
  writeSizes(writer, dims, shape);
  writer.join();
}

function writeSizes(writer: WireWriter, field: number, shape: TensorSpec["shape"]): void {
  writer.tag(field, 2).fork();
  for (const size of shape) writer.int64(typeof size === "number" ? size : -1);
  writer.join();
}

/** Triton's numbers for what is measured of a model here. */
const MEASURED = { success: 1, fail: 2, compute_infer: 5 } as const;

function writeStatistics(writer: WireWriter, model: ServedModel): void {
  const { name, version, last_inference, inference_count, execution_count, inference_stats } = modelStatistics(model);
  writer.tag(1, 2).fork().tag(1, 2).string(name).tag(2, 2).string(version).tag(3, 0).uint64(last_inference);
  writer.tag(4, 0).uint64(inference_count).tag(5, 0).uint64(execution_count).tag(6, 2).fork();
  for (const [stage, field] of Object.entries(MEASURED)) {
    const { count, ns } = inference_stats[stage as keyof typeof MEASURED];
    writer.tag(field, 2).fork().tag(1, 0).uint64(count).tag(2, 0).uint64(ns).join();
  }
  writer.join().join();
}

async function change(site: Site, message: Uint8Array, { act, signal }: Omit<ChangeWish, "name">): Promise<void> {
  let name = "";
  const parameters: string[] = [];
  read(site, message, (tag, reader) => {
    if (tag === 0o22) name = reader.string(true);
    else if (tag === 0o32) parameters.push(readKey(reader));
    else return false;
    return true;
  });
  modelsOf(site.server, name);
  if (act === "load") refuseFiles(name, parameters);
  await changeModels(site.server, { name, act, signal });
}

/** The key of an entry of a map; what it says is not read. */
function readKey(reader: WireReader): string {
  let key = "";
  readNested(reader, (tag) => {
    if (tag !== 0o12) return false;
    key = reader.string(true);
    return true;
  });
  return key;
}
