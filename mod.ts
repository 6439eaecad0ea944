/**
 * Levada: real-time machine learning pipelines that are written, drawn, tested and shipped from a notebook.
 *
 * @module
 */

export {
  DataError,
  type Fault,
  GraphError,
  ModelError,
  type ReplyBody,
  ReplyError,
  ShapeError,
  StatusError,
  StepError,
} from "./lib/errors.ts";
export { Chart, chart, type ChartMaker, type ChartOptions } from "./lib/draw/chart.ts";
export { Table, table, type TableOptions } from "./lib/draw/table.ts";
export { CopyError } from "./lib/flow/copy.ts";
export { type Fed, feed, type FeedOptions, type RowPart } from "./lib/flow/feed.ts";
export { Flow } from "./lib/flow/flow.ts";
export type { Probe } from "./lib/flow/probe.ts";
export type { ReplyStream } from "./lib/flow/reply_stream.ts";
export type { Outcome } from "./lib/flow/outcome.ts";
export { CATALOGUE } from "./lib/functions/catalogue.ts";
export { importFunction } from "./lib/functions/hub.ts";
export { RouterGraph } from "./lib/functions/router_graph.ts";
export {
  type FunctionOptions,
  type MockOptions,
  type OpenGraph,
  serving,
  ServingFunction,
} from "./lib/functions/serving.ts";
export type { FlowItem, Place } from "./lib/graph/builder.ts";
export { Chain } from "./lib/graph/chain.ts";
export type { Clock } from "./lib/graph/clock.ts";
export type { Context, Log, LogLine } from "./lib/graph/context.ts";
export { type Chunk, type EventInit, FlowEvent, type StepFailure, type Track } from "./lib/graph/event.ts";
export type { Catalogue } from "./lib/graph/from_document.ts";
export { type BodyOf, Graph, type GraphOptions } from "./lib/graph/graph.ts";
export type { FlowLimits } from "./lib/graph/limits.ts";
export type { Catcher, CatcherOptions } from "./lib/graph/handler.ts";
export type { ErrorClass } from "./lib/graph/node.ts";
export {
  Chosen,
  type Code,
  HELD,
  Joined,
  type Operator,
  type PlainCall,
  type Reaction,
  type RouteSpec,
  type StepDefinition,
  type StepScope,
  type StepSpec,
  Streamed,
} from "./lib/graph/operator.ts";
export { Plot, type PlotOptions } from "./lib/graph/plot.ts";
export type { RouteArgs, RouteClass, Routes, RoutesOf } from "./lib/graph/routes.ts";
export type { Schema } from "./lib/graph/schema.ts";
export {
  type EventTask,
  type Handler,
  type Options,
  ReadyStep,
  type Step,
  type StepOptions,
  type Task,
  type TaskClass,
} from "./lib/graph/step.ts";
export type { At, Emitted, Extended, Given, Maybe, Nested, Result, Served, Text } from "./lib/graph/typing.ts";
export { type ModelArgs, type ModelAsk, ModelServer } from "./lib/models/model_server.ts";
export { OnnxModel, type OnnxModelArgs } from "./lib/models/onnx_model.ts";
export { OnnxSession, openOnnx } from "./lib/models/onnx_session.ts";
export type { InferReply, InferRequest, ModelMetadata, TensorInfo } from "./lib/protocol/reply.ts";
export { modelRouter, type ModelRouterOptions, type RouterStep } from "./lib/routers/model_router.ts";
export { votingEnsemble, type VotingEnsembleOptions } from "./lib/routers/voting_ensemble.ts";
export { MockServer, type RequestOptions } from "./lib/serve/mock_server.ts";
export { batch, type BatchOptions } from "./lib/steps/batch.ts";
export { choice, type ChoiceOptions } from "./lib/steps/choice.ts";
export { collector } from "./lib/steps/collector.ts";
export { extend } from "./lib/steps/extend.ts";
export { filter } from "./lib/steps/filter.ts";
export { flatMap } from "./lib/steps/flat_map.ts";
export { flatten } from "./lib/steps/flatten.ts";
export { forEach } from "./lib/steps/for_each.ts";
export { map } from "./lib/steps/map.ts";
export { mapWithState } from "./lib/steps/map_with_state.ts";
export { merge, type MergeOptions } from "./lib/steps/merge.ts";
export { queue, type QueueOptions } from "./lib/steps/queue.ts";
export { reduce } from "./lib/steps/reduce.ts";
export { rename, type Renamed } from "./lib/steps/rename.ts";
export { writeCsv, type WriteCsvOptions } from "./lib/steps/write_csv.ts";
export { writeJsonLines, type WriteJsonLinesOptions } from "./lib/steps/write_json_lines.ts";
export { writeParquet, type WriteParquetOptions } from "./lib/steps/write_parquet.ts";
export { writeSql, type WriteSqlOptions } from "./lib/steps/write_sql.ts";
export type { FlushOptions } from "./lib/steps/writer_options.ts";
export type { ColumnType } from "./lib/stores/column_type.ts";
export { readCsv, type ReadCsvOptions } from "./lib/stores/read_csv.ts";
export { readJsonLines, type ReadJsonLinesOptions } from "./lib/stores/read_json_lines.ts";
export { readParquet, type ReadParquetOptions } from "./lib/stores/read_parquet.ts";
export { readSql, type ReadSqlOptions, type SqlParameters, type SqlValue } from "./lib/stores/read_sql.ts";
export type { WideIntegers } from "./lib/stores/read_value.ts";
export type { ScanOptions } from "./lib/stores/scan.ts";
export type { MemberErrorPolicy } from "./lib/routers/ensemble.ts";
export type { VoteType } from "./lib/routers/vote.ts";
