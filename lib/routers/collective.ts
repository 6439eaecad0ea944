/** Several routes that answer under one name, as an ensemble does: what its paths mean, and what is known of it. */

import type { FlowEvent } from "../graph/event.ts";
import { keyParts, type ModelFacts, type ServedModel } from "../graph/served_model.ts";
import type { Maybe } from "../graph/typing.ts";
import { modelMetadata, modelReadiness } from "../models/model_metadata.ts";
import { tensorInfo } from "../models/tensor_info.ts";
import { matchModelPath, type ModelAddress } from "../protocol/model_path.ts";
import { unknownModel, unknownOperation, unknownPath, wrongMethod } from "../protocol/refusal.ts";
import { routerHealth } from "../protocol/reply.ts";
import { addressKey, askedOperation, isRead } from "./request.ts";
import type { RouteIndex } from "./route_index.ts";
import type { Route, RouteTable } from "./route.ts";

/** What answers under one name. */
export interface Collective {
  readonly name: string;
  readonly routes: RouteTable;
  readonly index: RouteIndex;
  /** What model monitoring calls it. */
  readonly endpointUid?: string;
  /** What it is called in refusals: `ensemble`. */
  readonly noun: string;
  /** What `GET /v2/models` says. */
  list(): object;
  /** Answers `infer`, `predict` or `explain` under the collective's own name. */
  ask(operation: string, event: FlowEvent): Maybe<unknown>;
  /** The routes without which it cannot answer. */
  needed(): readonly Route[];
  facts(): ModelFacts;
}

/** What a collective does itself. */
export const OWN_OPERATIONS = ["infer", "predict", "explain"];

/** Answers one request: a route's, the collective's, or what is known of them. */
export function answerCollective(collective: Collective, event: FlowEvent): Maybe<unknown> {
  const { name } = collective;
  const path = matchModelPath(event.path);
  switch (path?.kind) {
    case undefined:
      throw unknownPath(event.path);
    case "health":
      if (!isRead(event)) throw wrongMethod("for health", event.method, ["GET"]);
      return routerHealth(name);
    case "models":
      if (!isRead(event) && event.method !== "POST") throw wrongMethod("for the models", event.method, ["GET", "POST"]);
      return collective.list();
    case "model":
      return answerModel(collective, path, event);
    case "root":
      return isRead(event) ? routerHealth(name) : answerItself(collective, "", event);
  }
}

function answerModel(collective: Collective, path: ModelAddress, event: FlowEvent): Maybe<unknown> {
  const { name, routes, index } = collective;
  const key = addressKey(path);
  if (key === name) return answerItself(collective, path.operation, event);
  if (OWN_OPERATIONS.includes(key) && path.operation === "") return answerItself(collective, key, event);
  const route = index.find(key);
  if (route !== undefined) return route.ask({ operation: askedOperation(event.body, path.operation), event });
  throw unknownModel(key, [...routes.keys(), name], "; an operation alone, such as infer, asks all of them");
}

function answerItself(collective: Collective, pathOperation: string, event: FlowEvent): Maybe<unknown> {
  const { name, noun } = collective;
  const operation = askedOperation(event.body, pathOperation) || (isRead(event) ? "" : "infer");
  const told = { key: name, name: keyParts(name).name, args: { modelEndpointUid: collective.endpointUid } };
  const about = { signature: () => signatureOf(collective), facts: () => collective.facts() };
  if (operation === "") return modelMetadata({ ...told, ...about, isReady: true });
  if (operation === "ready") {
    if (!isRead(event)) throw wrongMethod(`${noun} "${name}" whether it is ready`, event.method, ["GET"]);
    const loading = collective.needed().find((route) => !route.isReady);
    const key = loading?.key ?? name;
    return modelReadiness({ ...told, ...about, key, isReady: loading === undefined }, event);
  }
  if (!OWN_OPERATIONS.includes(operation)) throw unknownOperation(name, operation, [...OWN_OPERATIONS, "ready"]);
  if (event.method !== "POST") throw wrongMethod(`${noun} "${name}" to ${operation}`, event.method, ["POST"]);
  return collective.ask(operation, event);
}

function signatureOf(collective: Collective) {
  const { inputs, outputs } = collective.facts();
  return { inputs: inputs.map(tensorInfo), outputs: outputs.map(tensorInfo) };
}

/** What a server may know of a collective: a model like its routes, which is as far as those that it needs. */
export function servedCollective(collective: Collective): ServedModel {
  const waiting = () =>
    collective.needed().flatMap(({ served }) => served ?? []).find(({ state }) => state !== "ready");
  return {
    key: collective.name,
    ...keyParts(collective.name),
    get state() {
      const state = waiting()?.state ?? "ready";
      return state === "restarting" ? state : state === "ready" ? "ready" : "loading";
    },
    get reason() {
      const model = waiting();
      return model === undefined ? undefined : `model "${model.key}" is ${model.state}`;
    },
    facts: () => collective.facts(),
  };
}

/** What the first route that knows takes and gives. */
export function factsOf(routes: Iterable<Route>, platform: string): ModelFacts {
  for (const route of routes) {
    const { inputs, outputs } = route.signature();
    if (inputs.length + outputs.length > 0) return { platform, inputs, outputs };
  }
  return { platform, inputs: [], outputs: [] };
}
