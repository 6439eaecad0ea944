import type { JsonSchema } from "../../graph/json_schema.ts";

const TENSOR_INFO: JsonSchema = {
  type: "object",
  required: ["name", "datatype", "shape"],
  properties: {
    name: { type: "string" },
    datatype: { type: "string" },
    shape: { type: "array", items: { type: "integer", minimum: -1 } },
  },
};

/** The schemas that several answers share. */
export const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Error: {
    type: "object",
    required: ["error"],
    properties: {
      error: { type: "string", description: "What went wrong, for a person" },
      step: { type: "string", description: "The step that failed, where one did" },
      id: { type: "string", description: "The event's id" },
    },
  },
  TensorInfo: TENSOR_INFO,
  ModelMetadata: {
    type: "object",
    required: ["name", "inputs", "outputs"],
    properties: {
      name: { type: "string" },
      versions: { type: "array", items: { type: "string" } },
      platform: { type: "string" },
      model_endpoint_uid: { type: "string" },
      inputs: { type: "array", items: { $ref: "#/components/schemas/TensorInfo" } },
      outputs: { type: "array", items: { $ref: "#/components/schemas/TensorInfo" } },
    },
  },
  InferReply: {
    type: "object",
    required: ["id", "model_name", "outputs"],
    description: "MLRun's dialect: one output a row",
    properties: {
      id: { description: "The request's id, else the event's" },
      model_name: { type: "string" },
      outputs: {},
      timestamp: { type: "string" },
      model_endpoint_uid: { type: "string" },
    },
  },
  TensorReply: {
    type: "object",
    required: ["model_name", "outputs"],
    description: "The open inference protocol: tensors",
    properties: {
      model_name: { type: "string" },
      model_version: { type: "string" },
      id: { type: "string" },
      parameters: { type: "object" },
      outputs: {
        type: "array",
        items: {
          type: "object",
          required: ["name", "datatype", "shape", "data"],
          properties: {
            name: { type: "string" },
            datatype: { type: "string" },
            shape: { type: "array", items: { type: "integer", minimum: 0 } },
            parameters: { type: "object" },
            data: { type: "array" },
          },
        },
      },
    },
  },
  ServerMetadata: {
    type: "object",
    required: ["name", "version", "extensions"],
    properties: {
      name: { type: "string" },
      version: { type: "string" },
      extensions: { type: "array", items: { type: "string" } },
    },
  },
  RepositoryModel: {
    type: "object",
    required: ["name"],
    properties: {
      name: { type: "string" },
      version: { type: "string" },
      state: { enum: ["READY", "LOADING", "UNAVAILABLE"] },
      reason: { type: "string" },
    },
  },
  Live: { type: "object", required: ["live"], properties: { live: { type: "boolean" } } },
  Ready: {
    type: "object",
    required: ["ready"],
    properties: {
      ready: { type: "boolean" },
      reasons: {
        type: "array",
        items: {
          type: "object",
          properties: { model: { type: "string" }, state: { type: "string" }, reason: { type: "string" } },
        },
      },
      streams: {
        type: "array",
        description: "Those that feed it and cannot be read now",
        items: {
          type: "object",
          properties: {
            stream: { type: "string" },
            group: { type: "string" },
            since: { type: "string", format: "date-time" },
            reason: { type: "string" },
          },
        },
      },
    },
  },
};
