/** What is told of the server and its models, and done to them: the methods beside inference. */

import { StatusError } from "../../errors.ts";
import type { ServedModel } from "../../graph/served_model.ts";
import { unknownModel } from "../../protocol/refusal.ts";
import type { TensorSpec } from "../../tensor/tensor_spec.ts";
import { readMessage } from "./read_message.ts";
import { isReady, modelsOf, type Site } from "./site.ts";
import type { Tally } from "./statistics.ts";
import type { WireWriter } from "./wire.ts";

/** Answers one message by another. */
export type Describe = (site: Site, message: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** The methods of the service that tell of the server and its models, or load them. */
export const DESCRIBE: Readonly<Record<string, Describe>> = {
  ServerLive: (site) => flag(site, true),
  ServerReady: (site) => flag(site, isReady(site)),
  ModelReady(site, message) {
    const { name, version } = readNames(site, message);
    const models = modelsOf(site.server, name, version);
    return flag(site, site.server.state === "open" && models.some(({ state }) => state === "ready"));
  },
  ServerMetadata({ wire }) {
    const writer = new wire.BinaryWriter().tag(1, 2).string(SERVER.name).tag(2, 2).string(SERVER.version);
    for (const extension of SERVER.extensions) writer.tag(3, 2).string(extension);
    return writer.finish();
  },
  ModelMetadata(site, message) {
    const { model, models } = find(site, message);
    const { platform, inputs, outputs } = model.facts();
    const writer = new site.wire.BinaryWriter().tag(1, 2).string(model.name);
    for (const { version } of models) if (version !== undefined) writer.tag(2, 2).string(version);
    writer.tag(3, 2).string(platform);
    for (const tensor of inputs) writeSpec(writer, 4, tensor);
    for (const tensor of outputs) writeSpec(writer, 5, tensor);
    return writer.finish();
  },
  ModelConfig(site, message) {
    const { model } = find(site, message);
    const { platform, inputs, outputs } = model.facts();
    const writer = new site.wire.BinaryWriter().tag(1, 2).fork().tag(1, 2).string(model.name).tag(2, 2).string(
      platform,
    );
    for (const tensor of inputs) writeConfig(writer, tensor, { field: 5, dims: 4 });
    for (const tensor of outputs) writeConfig(writer, tensor, { field: 6, dims: 3 });
    return writer.join().finish();
  },
  ModelStatistics(site, message) {
    const { name, version } = readNames(site, message);
    const models = name === "" ? site.server.models() : find(site, message).models;
    const writer = new site.wire.BinaryWriter();
    for (const model of models) {
      if (version === "" || model.version === version) writeStatistics(writer, model, site.statistics.of(model.key));
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
    for (const { name, version = "", state, reason = "" } of site.server.models()) {
      if (onlyReady && state !== "ready") continue;
      writer.tag(1, 2).fork().tag(1, 2).string(name).tag(2, 2).string(version);
      writer.tag(3, 2).string(STATES[state]).tag(4, 2).string(reason).join();
    }
    return writer.finish();
  },
  async RepositoryModelLoad(site, message) {
    await change(site, message, "load");
    return new Uint8Array();
  },
  async RepositoryModelUnload(site, message) {
    await change(site, message, "unload");
    return new Uint8Array();
  },
};

const SERVER = {
  name: "levada",
  version: "0.1.0",
  extensions: ["model_repository", "model_configuration", "statistics"],
};

const STATES = { loading: "LOADING", ready: "READY", failed: "UNAVAILABLE", unloaded: "UNAVAILABLE" } as const;

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

type Reader = InstanceType<Site["wire"]["BinaryReader"]>;

/** Reads a message, or says that it is none. */
function read({ wire }: Site, message: Uint8Array, take: (tag: number, reader: Reader) => boolean): void {
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

/** The model that a request is for, and all versions of its name. */
function find(site: Site, message: Uint8Array): { model: ServedModel; models: readonly ServedModel[] } {
  const { name, version } = readNames(site, message);
  const [model] = modelsOf(site.server, name, version);
  if (model !== undefined) return { model, models: modelsOf(site.server, model.name, "") };
  throw unknownModel(version === "" ? name : `${name}:${version}`, site.server.models().map(({ key }) => key));
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

function writeStatistics(writer: WireWriter, { name, version = "" }: ServedModel, tally: Tally): void {
  const { good, goodMs, bad, badMs, lastMs } = tally;
  writer.tag(1, 2).fork().tag(1, 2).string(name).tag(2, 2).string(version);
  writer.tag(3, 0).uint64(lastMs).tag(4, 0).uint64(good).tag(5, 0).uint64(good).tag(6, 2).fork();
  for (const [field, count, ms] of [[1, good, goodMs], [2, bad, badMs], [5, good, goodMs]] as const) {
    writer.tag(field, 2).fork().tag(1, 0).uint64(count).tag(2, 0).uint64(BigInt(Math.round(ms * 1e6))).join();
  }
  writer.join().join();
}

async function change(site: Site, message: Uint8Array, act: "load" | "unload"): Promise<void> {
  let name = "";
  let hasParameters = false;
  read(site, message, (tag, reader) => {
    if (tag === 0o22) name = reader.string(true);
    else if (tag === 0o32) hasParameters = reader.bytes().length >= 0 && act === "load";
    else return false;
    return true;
  });
  if (hasParameters) {
    throw new StatusError(
      400,
      `Cannot load model "${name}" with parameters: its files are the ones that the function names`,
    );
  }
  const models = modelsOf(site.server, name, "");
  if (models.length === 0) throw unknownModel(name, site.server.models().map(({ key }) => key));
  for (const model of models) {
    if (model[act] === undefined) {
      throw new StatusError(400, `Cannot ${act} model "${model.key}": it is no route of a router`);
    }
    await model[act]();
  }
}
