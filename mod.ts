/**
 * Levada: real-time machine learning pipelines that are written, drawn, tested and shipped from a notebook.
 *
 * @module
 */

export {
  type Fault,
  GraphError,
  ModelError,
  type ReplyBody,
  ReplyError,
  ShapeError,
  StatusError,
  StepError,
} from "./lib/errors.ts";
export { Chart, chart, type ChartOptions } from "./lib/draw/chart.ts";
export { Table, table, type TableOptions } from "./lib/draw/table.ts";
export { CopyError } from "./lib/flow/copy.ts";
export { Flow } from "./lib/flow/flow.ts";
export { importFunction } from "./lib/functions/hub.ts";
export { RouterGraph, type RouterStep } from "./lib/functions/router_graph.ts";
export {
  type FunctionOptions,
  type MockOptions,
  type OpenGraph,
  serving,
  ServingFunction,
} from "./lib/functions/serving.ts";
export { Chain } from "./lib/graph/chain.ts";
export type { Context, Log, LogLine } from "./lib/graph/context.ts";
export { type EventInit, FlowEvent, type StepFailure } from "./lib/graph/event.ts";
export { Graph, type GraphOptions } from "./lib/graph/graph.ts";
export { Plot, type PlotOptions } from "./lib/graph/plot.ts";
export type { Routes } from "./lib/graph/routes.ts";
export { type EventTask, type Handler, ReadyStep, type Step, type StepOptions, type Task } from "./lib/graph/step.ts";
export { type ModelArgs, ModelServer } from "./lib/models/model_server.ts";
export { OnnxModel, type OnnxModelArgs } from "./lib/models/onnx_model.ts";
export { OnnxSession, openOnnx } from "./lib/models/onnx_session.ts";
export type { InferReply, InferRequest, ModelMetadata, TensorInfo } from "./lib/protocol/reply.ts";
export { modelRouter, type ModelRouterOptions } from "./lib/routers/model_router.ts";
export { votingEnsemble, type VotingEnsembleOptions } from "./lib/routers/voting_ensemble.ts";
export { MockServer, type RequestOptions } from "./lib/serve/mock_server.ts";
export { extend } from "./lib/steps/extend.ts";
export { filter } from "./lib/steps/filter.ts";
export { flatMap } from "./lib/steps/flat_map.ts";
export { map } from "./lib/steps/map.ts";
export { queue, type QueueOptions } from "./lib/steps/queue.ts";
