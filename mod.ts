/**
 * Levada: real-time machine learning pipelines that are written, drawn, tested and shipped from a notebook.
 *
 * @module
 */

export {
  BundleError,
  DataError,
  type Fault,
  GraphError,
  ListenError,
  ModelError,
  RemoteError,
  type RemoteErrorOptions,
  type ReplyBody,
  ReplyError,
  SecretError,
  ShapeError,
  StatusError,
  type StatusErrorOptions,
  StepError,
  StoreError,
  type StoreErrorOptions,
  type StoreReason,
  StreamError,
  type Thrown,
} from "./lib/errors.ts";
export { SlicedModule } from "./lib/bundle/sliced_module.ts";
export { DeployError } from "./lib/deploy/deploy_error.ts";
export type { DeployedFunction, ProcessFunctionStatus, ProcessStatus } from "./lib/deploy/process/deployed_state.ts";
export type {
  ClusterDeployOptions,
  DeployOptions,
  DeployTarget,
  PlanOptions,
  ProcessDeployOptions,
} from "./lib/deploy/deploy_options.ts";
export type { Deployment, DeploymentStatus, DeployPlan, FunctionStatus, LogReading } from "./lib/deploy/deployment.ts";
export type { NuclioDeployOptions } from "./lib/deploy/deploy_options.ts";
export type { NuclioOptions, PodLookUp, PodTrouble } from "./lib/deploy/nuclio/nuclio_options.ts";
export type { AccessWish } from "./lib/deploy/cluster/kubeconfig.ts";
export { ClusterError, type ErrorCause } from "./lib/deploy/cluster/cluster_error.ts";
export type { ClusterDeployment, ClusterRollbackOptions } from "./lib/deploy/kubernetes/cluster_deployment.ts";
export type { ClusterOptions } from "./lib/deploy/kubernetes/cluster_options.ts";
export type { ClusterSettings, IngressSettings, RouteSettings, Scale } from "./lib/deploy/settings/cluster_settings.ts";
export type { ClusterFunctionStatus, ClusterStatus } from "./lib/deploy/kubernetes/cluster_status.ts";
export type { ProcessDeployment, RatesOptions } from "./lib/deploy/process/deployment.ts";
export type { RollbackOptions } from "./lib/deploy/process/deployment_changes.ts";
export type { ProcessOptions } from "./lib/deploy/process/process_options.ts";
export type { TimesStatus, TriggerStatus } from "./lib/deploy/process/trigger_status.ts";
export type { DeployProgress } from "./lib/deploy/deploy_progress.ts";
export type { ProcessSettings } from "./lib/deploy/settings/process_settings.ts";
export type { DeploymentRates, RunningRate, WaitingTrigger } from "./lib/deploy/process/rates.ts";
export { Chart, chart, type ChartMaker, type ChartOptions } from "./lib/draw/chart.ts";
export { Table, table, type TableOptions } from "./lib/draw/table.ts";
export { CopyError } from "./lib/flow/copy.ts";
export { MemoryTable, memoryTable, type TableRows } from "./lib/flow/memory_table.ts";
export type { ErrorStream, FailureRecord } from "./lib/flow/failures.ts";
export { type CloseOptions, Flow } from "./lib/flow/flow.ts";
export { type Fed, feed, type FeedOptions, type RowPart } from "./lib/flow/feed.ts";
export type { FlowDescription } from "./lib/flow/flow_description.ts";
export type { FlowStatus } from "./lib/flow/flow_status.ts";
export type { Probe } from "./lib/flow/probe.ts";
export type { TraceStep } from "./lib/flow/tracer.ts";
export type { ReplyStream } from "./lib/flow/reply_stream.ts";
export type { Outcome } from "./lib/flow/outcome.ts";
export { CATALOGUE } from "./lib/functions/catalogue.ts";
export type { DocumentOptions } from "./lib/functions/function_document.ts";
export type { CodeOptions, DeployFunctionOptions, DeployMethod } from "./lib/functions/deploy_function.ts";
export { importFunction } from "./lib/functions/hub.ts";
export { RouterGraph } from "./lib/functions/router_graph.ts";
export type { FunctionOptions, MockOptions, ServeOptions, ServeSettings } from "./lib/functions/function_options.ts";
export type { OpenGraph } from "./lib/functions/open_graph.ts";
export { serving, ServingFunction } from "./lib/functions/serving.ts";
export type { FlowItem, Place } from "./lib/graph/builder.ts";
export { Chain } from "./lib/graph/chain.ts";
export type { Clock } from "./lib/graph/clock.ts";
export type { Context, Log, LogLine } from "./lib/graph/context.ts";
export type { Duration } from "./lib/graph/duration.ts";
export { EarlyReply, reply } from "./lib/graph/early_reply.ts";
export { type Chunk, type EventInit, FlowEvent, type StepFailure, type Track } from "./lib/graph/event.ts";
export type { Catalogue } from "./lib/graph/from_document.ts";
export { type BodyOf, Graph, type GraphOptions } from "./lib/graph/graph.ts";
export type { KeyedTable, TableRow } from "./lib/graph/keyed_table.ts";
export type { FlowLimits } from "./lib/graph/limits.ts";
export type { Catcher, CatcherOptions } from "./lib/graph/handler.ts";
export type { ErrorClass } from "./lib/graph/node.ts";
export {
  type AttemptOptions,
  Chosen,
  type Code,
  HELD,
  Joined,
  type Operator,
  type Outlet,
  type PlainCall,
  type Reaction,
  type RouteSpec,
  type StepDefinition,
  type StepScope,
  type StepSpec,
  Streamed,
} from "./lib/graph/operator.ts";
export type { ModelCounts, ModelFacts, ModelState, ServedModel } from "./lib/graph/served_model.ts";
export type { StepSignature } from "./lib/graph/signature.ts";
export type { StepPlace } from "./lib/graph/step_place.ts";
export { Plot, type PlotOptions } from "./lib/plot/plot.ts";
export type { EdgeView, GraphView, RouteView, SourceView, StepView, ViewNote } from "./lib/plot/view.ts";
export type { RouteArgs, RouteClass, RouteOptions, Routes, RoutesOf } from "./lib/graph/routes.ts";
export type { Schema } from "./lib/graph/schema.ts";
export {
  type Clashing,
  type EventBody,
  type EventTask,
  type Handler,
  type KnownKeys,
  type Options,
  ReadyStep,
  type Step,
  type StepOptions,
  type Task,
  type TaskClass,
} from "./lib/graph/step.ts";
export type { At, Emitted, Extended, Given, Maybe, Nested, Result, Served, Text } from "./lib/graph/typing.ts";
export type { Mechanism, MechanismKind, MechanismOptions } from "./lib/graph/mechanism.ts";
export { type FunctionModel, functionModel, type FunctionModelOptions } from "./lib/models/function_model.ts";
export { RemoteModel, type RemoteModelArgs } from "./lib/models/remote_model.ts";
export { workerModel } from "./lib/models/worker_model.ts";
export { type ModelArgs, type ModelAsk, ModelServer } from "./lib/models/model_server.ts";
export type { BatchingOptions } from "./lib/models/batching/batcher.ts";
export type { TensorBatchRequest } from "./lib/models/batching/batch_tensors.ts";
export type { WarmUp } from "./lib/models/warm_up.ts";
export type { ModelFiles } from "./lib/models/model_file.ts";
export type { ModelSpec } from "./lib/models/model_spec.ts";
export type { LoggedResults } from "./lib/models/ask_model.ts";
export { OnnxModel, type OnnxModelArgs } from "./lib/models/onnx/onnx_model.ts";
export { type OnnxOptions, openOnnx } from "./lib/models/onnx/onnx_open.ts";
export type { OnnxBackend } from "./lib/models/onnx/onnx_runtime.ts";
export type { ApiEndpoint, ApiField, ApiOptions } from "./lib/serve/api/api_options.ts";
export {
  type Generated,
  type GeneratedPiece,
  type GenerateReply,
  type GenerateRequest,
  TextModel,
} from "./lib/models/text_model.ts";
export type { ModelRecord } from "./lib/monitoring/model_record.ts";
export type { TrackingOptions } from "./lib/monitoring/tracking_options.ts";
export { OnnxSession } from "./lib/models/onnx/onnx_session.ts";
export type { InferReply, InferRequest, ModelMetadata, TensorInfo } from "./lib/protocol/reply.ts";
export { TensorReply, type TensorReplyInit } from "./lib/tensor/tensor_reply.ts";
export type { RequestedOutput, TensorRequest } from "./lib/protocol/tensor_request.ts";
export { modelRouter, type ModelRouterOptions, type RouterStep } from "./lib/routers/model_router.ts";
export { modelRunner, type ModelRunnerOptions } from "./lib/routers/model_runner.ts";
export { type MergeInput, parallelRun, type ParallelRunOptions } from "./lib/routers/parallel_run.ts";
export { shadow, type ShadowOptions } from "./lib/routers/shadow.ts";
export { weightedRouter, type WeightedRouterOptions } from "./lib/routers/weighted_router.ts";
export { votingEnsemble, type VotingEnsembleOptions } from "./lib/routers/voting_ensemble.ts";
export { Trace } from "./lib/serve/trace.ts";
export type { Address, HttpServer } from "./lib/serve/port/listen.ts";
export type { GuardOptions } from "./lib/serve/guard.ts";
export type { TlsOptions } from "./lib/serve/port/open_port.ts";
export type { ServerOptions } from "./lib/serve/serve_flow.ts";
export type { ServerLimits } from "./lib/serve/limits/server_limits.ts";
export { MockServer, type RequestOptions } from "./lib/serve/mock_server.ts";
export { assertEvents, type AssertEventsOptions } from "./lib/steps/assert_events.ts";
export { aggregateByKey, type AggregateByKeyOptions } from "./lib/steps/aggregate_by_key.ts";
export type { Aggregation } from "./lib/steps/windows/aggregation.ts";
export type { Datatype, TensorData } from "./lib/tensor/datatype.ts";
export { Tensor, type TensorInit } from "./lib/tensor/tensor.ts";
export { openTelemetry, Telemetry, type TelemetryOptions } from "./lib/telemetry/telemetry.ts";
export { type LogLevel, type LogOptions, openLog } from "./lib/telemetry/log.ts";
export type { MetricsText } from "./lib/telemetry/prometheus_text.ts";
export type { ScheduleTrigger, StreamTrigger, Trigger } from "./lib/triggers/trigger.ts";
export type { TensorSpec } from "./lib/tensor/tensor_spec.ts";
export { batch, type BatchOptions } from "./lib/steps/batch.ts";
export { choice, type ChoiceOptions } from "./lib/steps/choice.ts";
export { choiceByField, type ChoiceByFieldOptions, type NamingField } from "./lib/steps/choice_by_field.ts";
export { collector } from "./lib/steps/collector.ts";
export { concurrent, type ConcurrentOptions } from "./lib/steps/concurrent.ts";
export { dateExtractor, type DateExtractorOptions, type DatePart } from "./lib/steps/date_extractor.ts";
export { dropFields } from "./lib/steps/drop_fields.ts";
export type { EmitPolicy } from "./lib/steps/windows/emission.ts";
export { extend } from "./lib/steps/extend.ts";
export { filter } from "./lib/steps/filter.ts";
export { flatMap } from "./lib/steps/flat_map.ts";
export { flatten } from "./lib/steps/flatten.ts";
export { forEach } from "./lib/steps/for_each.ts";
export { type Imputed, imputer, type ImputerOptions } from "./lib/steps/imputer.ts";
export { joinWithTable, type JoinWithTableOptions } from "./lib/steps/join_with_table.ts";
export { map } from "./lib/steps/map.ts";
export {
  type MappedRange,
  type MappedValue,
  type MappedValues,
  mapValues,
  type MapValuesOptions,
  type ValueMapping,
} from "./lib/steps/map_values.ts";
export { mapWithState } from "./lib/steps/map_with_state.ts";
export { merge, type MergeOptions } from "./lib/steps/merge.ts";
export {
  type OneHot,
  oneHotEncoder,
  type OneHotEncoderOptions,
  type Underscored,
} from "./lib/steps/one_hot_encoder.ts";
export {
  parallel,
  type ParallelBody,
  type ParallelInput,
  type ParallelOptions,
  type ParallelResults,
} from "./lib/steps/parallel.ts";
export { partition, type Sides } from "./lib/steps/partition.ts";
export { queryByKey, type QueryByKeyOptions } from "./lib/steps/query_by_key.ts";
export { queue, type QueueOptions } from "./lib/steps/queue.ts";
export { reduce } from "./lib/steps/reduce.ts";
export { type EventMetadata, type Reified, reifyMetadata } from "./lib/steps/reify_metadata.ts";
export { remote } from "./lib/steps/remote.ts";
export { type ItemError, remoteBatch, type RemoteBatchOptions } from "./lib/steps/remote_batch.ts";
export type { RemoteFunction, RemoteOptions } from "./lib/steps/remote/remote_options.ts";
export { rename, type Renamed } from "./lib/steps/rename.ts";
export { sampleWindow, type SampleWindowOptions } from "./lib/steps/sample_window.ts";
export { type EventMetadataOptions, setEventMetadata } from "./lib/steps/set_event_metadata.ts";
export { type FieldRule, validator, type ValidatorOptions } from "./lib/steps/validator.ts";
export type {
  Aggregated,
  Aggregations,
  WindowFieldName,
  WindowFields,
  WindowValue,
} from "./lib/steps/windows/window_fields.ts";
export type { Operation } from "./lib/steps/windows/tally.ts";
export { DeadLetters, deadLetters, type DiscardOptions, type LetterActOptions } from "./lib/streams/dead_letters.ts";
export { DeadLetter } from "./lib/streams/letters/dead_letter.ts";
export type { LetterAct } from "./lib/streams/letters/letter_act.ts";
export type { LetterChoice, LetterFields, LetterFilter } from "./lib/streams/letters/letter_choice.ts";
export { Delivery, type Settler, type TryLimits } from "./lib/streams/delivery.ts";
export { DummyStream } from "./lib/streams/dummy_stream.ts";
export { openStream, type StreamOptions } from "./lib/streams/open_stream.ts";
export type { StreamAway } from "./lib/streams/answering.ts";
export type {
  Burial,
  LookedRecord,
  NewRecord,
  RecordError,
  Replay,
  Stream,
  StreamHolder,
  StreamRecord,
  SubscribeOptions,
  Subscription,
} from "./lib/streams/stream.ts";
export type { StreamClock } from "./lib/streams/stream_clock.ts";
export { writeCsv, type WriteCsvOptions } from "./lib/steps/write_csv.ts";
export { writeJsonLines, type WriteJsonLinesOptions } from "./lib/steps/write_json_lines.ts";
export { writeParquet, type WriteParquetOptions } from "./lib/steps/write_parquet.ts";
export { writeSql, type WriteSqlOptions } from "./lib/steps/write_sql.ts";
export type { FlushOptions } from "./lib/steps/rows/writer_options.ts";
export { type ByteRange, type DataItem, type ItemStat, openItem } from "./lib/stores/data_item.ts";
export type { ItemOptions } from "./lib/stores/item_options.ts";
export { readSecret, type SecretOptions } from "./lib/stores/read_secret.ts";
export { Secret } from "./lib/stores/secret.ts";
export type { ColumnType } from "./lib/stores/column_type.ts";
export { readCsv, type ReadCsvOptions } from "./lib/stores/read_csv.ts";
export { readJsonLines, type ReadJsonLinesOptions } from "./lib/stores/read_json_lines.ts";
export { readParquet, type ReadParquetOptions } from "./lib/stores/read_parquet.ts";
export { readSql, type ReadSqlOptions, type SqlParameters, type SqlValue } from "./lib/stores/read_sql.ts";
export type { WideIntegers } from "./lib/stores/read_value.ts";
export type { ScanOptions } from "./lib/stores/scan.ts";
export type { OwnVote } from "./lib/routers/ensemble.ts";
export type { MemberErrorPolicy } from "./lib/routers/members.ts";
export type { VoteType } from "./lib/routers/vote.ts";
