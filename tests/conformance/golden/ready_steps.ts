/** MLRun's and storey's own classes, as makers of ready steps. A new one is one line here. */

import { maker } from "./facade.ts";
import { handlerOf } from "./meanings.ts";
import { Needs } from "./needs.ts";
import { isRecord } from "./special.ts";
import { remoteStep } from "./remote_steps.ts";

/** Makes a step from the keyword arguments that the case gives. Those it takes, it takes out of `given`. */
type Translation = (given: Map<string, unknown>, isTerminal: boolean) => unknown;

/** What a case calls a class of MLRun or storey, and our step. */
const READY_STEPS: Readonly<Record<string, Translation>> = {
  "storey.Extend": ofFunction("extend"),
  "storey.Filter": ofFunction("filter"),
  "storey.FlatMap": ofFunction("flatMap"),
  "storey.Map": ofFunction("map"),
  // classes that pick their outlets
  Route: (given) => {
    const [back, end] = [take(given, "back") ?? "count", take(given, "end") ?? "end"];
    return maker("choice")((x: { go_cyclic?: boolean }) => x.go_cyclic === true ? back : end === "Complete" ? [] : end);
  },
  OutletsFrom: (given) => {
    const key = String(take(given, "key") ?? "to");
    return maker("choice")((x: Record<string, unknown>) => x[key]);
  },
  Sign: () => maker("choice")((x: number) => x < 0 ? "neg" : "pos"),
  Pick: () =>
    maker("choice")((x: { counter: number }) => {
      x.counter += 1;
      return x.counter < 3 ? "tool_a" : x.counter < 5 ? "tool_b" : "end";
    }),
  FilterOdd: () => maker("filter")((x: number) => x % 2 === 0),
  ">>": queueStep,
  $queue: queueStep,
  "*": router("modelRouter"),
  "*mlrun.serving.VotingEnsemble": votingEnsemble,
  "mlrun.serving.VotingEnsemble": votingEnsemble,
  "mlrun.serving.routers.VotingEnsemble": votingEnsemble,
  "mlrun.serving.ModelRouter": router("modelRouter"),
  "mlrun.serving.routers.ModelRouter": router("modelRouter"),
  "storey.Batch": batch,
  "storey.ForEach": ofFunction("forEach"),
  "storey.Collector": () => maker("collector")(),
  "storey.Rename": (given) => maker("rename")(take(given, "mapping")),
  "storey.flow.Rename": (given) => maker("rename")(take(given, "mapping")),
  "storey.DropColumns": dropColumns,
  "storey.flow.DropColumns": dropColumns,
  "mlrun.serving.merger.Merge": merge,
  "mlrun.serving.steps.ChoiceByField": (given) => maker("choiceByField")(take(given, "field_name")),
  "mlrun.serving.remote.BatchHttpRequests": remoteStep("remoteBatch"),
  "*mlrun.serving.routers.ParallelRun": parallelRun,
  "mlrun.serving.routers.ParallelRun": parallelRun,
  PreRouter: () =>
    maker("modelRouter")({
      name: "PreRouter",
      preprocess: (body: unknown) =>
        isRecord(body) && "inputs" in body && !("model" in body) ? { ...body, model: "m2" } : body,
      postprocess: (reply: unknown) => isRecord(reply) ? { ...reply, routed: true } : reply,
    }),
  SumEnsemble: (given) => {
    given.delete("name");
    const vote = (outputs: Record<string, number[]>) => {
      const [first = [], ...rest] = Object.values(outputs);
      return first.map((value, row) => rest.reduce((sum, other) => sum + other[row]!, value));
    };
    return maker("votingEnsemble")({ name: "SumEnsemble", vote });
  },
  CustomMerger: (given) =>
    parallelRunOf(given, (results: Record<string, unknown>) => {
      return { merged: Object.fromEntries(Object.entries(results).sort(([one], [other]) => one < other ? -1 : 1)) };
    }),
  $remote: remoteStep("remote"),
};

/**
 * Options that a class has unless the case says otherwise: a batch in a graph of MLRun's is a list of events. Where a caller is
 * answered with what becomes of it, it has to be of bodies: an event is no JSON.
 */
export function defaultOptions(name: unknown, hasResponder: boolean): Readonly<Record<string, unknown>> {
  return name === "storey.Batch" && !hasResponder ? { fullEvent: true } : {};
}

/** The classes of MLRun and storey that are known here. */
export function knownClasses(): string[] {
  return Object.keys(READY_STEPS);
}

/** The ready step of a class of MLRun or storey; undefined where the class is none. */
export function readyStep(name: string, given: Map<string, unknown>, isTerminal: boolean): unknown {
  const translate = Object.hasOwn(READY_STEPS, name) ? READY_STEPS[name] : undefined;
  if (translate !== undefined) return translate(given, isTerminal);
  if (/^\*?(storey|mlrun)\./.test(name)) throw new Needs(`a step like ${name}`);
  return undefined;
}

function ofFunction(name: string): Translation {
  return (given) => {
    const fn = take(given, "_fn");
    return maker(name)(typeof fn === "string" ? handlerOf(fn) : fn);
  };
}

/** A queue with an empty path stays in the process, as one of `dummy://` does; at the end of a graph it needs a name to leave by. */
function queueStep(given: Map<string, unknown>, isTerminal: boolean): unknown {
  const path = take(given, "path");
  given.delete("shards"); // of a broker's stream
  if (path === undefined) return maker("queue")();
  if (isTerminal) return maker("queue")({ path: "memory://golden" });
  if (path !== "" && !String(path).startsWith("dummy://")) throw new Needs(`a stream like ${path}`);
  return maker("queue")();
}

function router(name: string): Translation {
  return () => maker(name)();
}

/** `name` is ignored, as MLRun does; how members are run (`executor_type`) is Levada's own affair. */
function votingEnsemble(given: Map<string, unknown>): unknown {
  given.delete("name");
  given.delete("executor_type");
  const voteType = take(given, "vote_type");
  const weights = take(given, "weights");
  const uid = take(given, "model_endpoint_uid");
  const isNamed = take(given, "format_response_with_col_name_flag");
  const column = take(given, "prediction_col_name") ?? true;
  return maker("votingEnsemble")({
    ...(voteType === undefined ? {} : { voteType }),
    ...(weights === undefined ? {} : { weights }),
    ...(uid === undefined ? {} : { modelEndpointUid: uid }),
    ...(isNamed === true ? { column } : {}),
  });
}

function batch(given: Map<string, unknown>): unknown {
  const maxEvents = take(given, "max_events");
  const seconds = take(given, "flush_after_seconds");
  const key = take(given, "key_field");
  return maker("batch")({
    ...(maxEvents === undefined ? {} : { maxEvents }),
    ...(typeof seconds === "number" ? { flushAfterMs: seconds * 1_000 } : {}),
    ...(typeof key === "string" ? { key: (body: Record<string, string>) => body[key] } : {}),
  });
}

function merge(given: Map<string, unknown>): unknown {
  const expected = take(given, "expected_num_events");
  const maxBehindEvents = take(given, "max_behind");
  const path = take(given, "key_path");
  const key = /^event\['(.*)'\]$/.exec(String(path ?? ""))?.[1];
  return maker("merge")({
    ...(expected === undefined ? {} : { expected }),
    ...(maxBehindEvents === undefined ? {} : { maxBehindEvents }),
    ...(key === undefined ? {} : { key: (body: Record<string, string>) => body[key] }),
  });
}

/** Storey takes one name, or a list of them. */
function dropColumns(given: Map<string, unknown>): unknown {
  return maker("dropFields")(...[take(given, "columns")].flat());
}

/** How children are run (`executor_type`) is Levada's own affair. */
function parallelRun(given: Map<string, unknown>): unknown {
  return parallelRunOf(given);
}

function parallelRunOf(given: Map<string, unknown>, merge?: unknown): unknown {
  given.delete("executor_type");
  const extendBody = merge !== undefined || take(given, "extend_event") === true;
  return maker("parallelRun")({ extendBody, ...(merge === undefined ? {} : { merge }) });
}

function take(given: Map<string, unknown>, key: string): unknown {
  const value = given.get(key);
  given.delete(key);
  return value;
}
