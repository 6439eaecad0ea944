import type { Context } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import { andThen } from "../graph/later.ts";
import { monitorOf } from "../graph/monitor.ts";
import type { Maybe } from "../graph/typing.ts";
import { matchModelPath, type ModelAddress } from "../protocol/model_path.ts";
import { badRequest, notReady, unknownModel, unknownOperation, unknownPath, wrongMethod } from "../protocol/refusal.ts";
import { type ModelMetadata, readyReply, routerHealth } from "../protocol/reply.ts";
import { describeBody, isObject } from "../protocol/request_body.ts";
import { addressKey, askedOperation, isRead } from "./request.ts";
import { askMembers, type MemberErrorPolicy, type Outcome, sortOutcomes } from "./members.ts";
import { watchCall } from "../models/watched.ts";
import type { RouteTable } from "./route.ts";
import { outputsOf, vote, type VoteType } from "./vote.ts";

/** What an ensemble answers. */
export interface EnsembleReply {
  id: string;
  model_name: string;
  outputs: unknown[];
  /** What model monitoring calls the ensemble; only where it was said. */
  model_endpoint_uid?: string;
  /** Why members did not vote, by member; only where some were dropped. */
  failed?: Record<string, string>;
}

interface EnsembleSettings {
  readonly name: string;
  readonly voteType: VoteType | undefined;
  readonly weights: Readonly<Record<string, number>> | undefined;
  readonly modelEndpointUid: string | undefined;
  readonly onMemberError: MemberErrorPolicy;
  readonly context: Context;
}

const VOTED = ["infer", "predict", "explain"];

/** Several models that answer as one. */
export class Ensemble {
  readonly #routes: RouteTable;
  readonly #settings: EnsembleSettings;
  readonly #weights: ReadonlyMap<string, number>;

  constructor(routes: RouteTable, settings: EnsembleSettings) {
    this.#routes = routes;
    this.#settings = settings;
    const { weights } = settings;
    const largest = Math.max(...Object.values(weights ?? { all: 1 }));
    this.#weights = new Map(
      [...routes.keys()].map((key) => [key, weights === undefined ? 1 : (weights[key] ?? 0) / largest]),
    );
  }

  /** Answers one request: a member's, the ensemble's, or what is known of them. */
  answer(event: FlowEvent): Maybe<unknown> {
    const { name } = this.#settings;
    const path = matchModelPath(event.path);
    switch (path?.kind) {
      case undefined:
        throw unknownPath(event.path);
      case "health":
        if (!isRead(event)) throw wrongMethod("for health", event.method, ["GET"]);
        return routerHealth(name);
      case "models":
        if (!isRead(event) && event.method !== "POST") {
          throw wrongMethod("for the models", event.method, ["GET", "POST"]);
        }
        return this.#list();
      case "model":
        return this.#answerModel(path, event);
      case "root":
        return isRead(event) ? routerHealth(name) : this.#answerItself("", event);
    }
  }

  #answerModel(path: ModelAddress, event: FlowEvent): Maybe<unknown> {
    const { name } = this.#settings;
    const key = addressKey(path);
    if (key === name) return this.#answerItself(path.operation, event);
    if (VOTED.includes(key) && path.operation === "") return this.#answerItself(key, event);
    const member = this.#routes.get(key);
    if (member !== undefined) return member.ask({ operation: askedOperation(event.body, path.operation), event });
    throw unknownModel(key, [...this.#routes.keys(), name], "; an operation alone, such as infer, asks all of them");
  }

  #answerItself(pathOperation: string, event: FlowEvent): Maybe<unknown> {
    const { name } = this.#settings;
    const operation = askedOperation(event.body, pathOperation) || (isRead(event) ? "" : "infer");
    if (operation === "") return this.#metadata();
    if (operation === "ready") {
      if (!isRead(event)) throw wrongMethod(`ensemble "${name}" whether it is ready`, event.method, ["GET"]);
      const loading = [...this.#routes.values()].find((route) => !route.isReady);
      if (loading !== undefined) throw notReady(loading.key);
      return readyReply(name, event.id);
    }
    if (!VOTED.includes(operation)) throw unknownOperation(name, operation, [...VOTED, "ready"]);
    if (event.method !== "POST") throw wrongMethod(`ensemble "${name}" to ${operation}`, event.method, ["POST"]);
    return this.#ask(operation, event);
  }

  #ask(operation: string, event: FlowEvent): Maybe<EnsembleReply> {
    const { name, modelEndpointUid, context } = this.#settings;
    const { body } = event;
    if (!isObject(body)) throw badRequest(name, describeBody(body));
    if (!Object.hasOwn(body, "inputs")) throw badRequest(name, 'the body has no key "inputs"');
    if (!Array.isArray(body.inputs)) throw badRequest(name, '"inputs" is not a list');
    const monitor = monitorOf(context);
    if (monitor === undefined) return this.#vote(operation, event);
    const head = {
      model: name,
      className: "VotingEnsemble",
      endpointId: modelEndpointUid,
      function: context.function,
      operation,
      id: event.id,
    };
    return watchCall(monitor, head, (watch) => {
      watch.inputs = body;
      return this.#vote(operation, event);
    }) as Maybe<EnsembleReply>;
  }

  #vote(operation: string, event: FlowEvent): Maybe<EnsembleReply> {
    const outcomes = askMembers([...this.#routes.values()], { operation, event, read: outputsOf });
    return andThen(outcomes, (settled) => this.#count(settled, event));
  }

  #count(outcomes: readonly Outcome[], event: FlowEvent): EnsembleReply {
    const { name, voteType, onMemberError, context, modelEndpointUid } = this.#settings;
    const act = `answer for ensemble "${name}"`;
    const { answers, failed } = sortOutcomes(outcomes, { onMemberError, act, context, event });
    const ballots = answers.map(({ member, answer }) => ({
      member,
      weight: this.#weights.get(member)!,
      outputs: answer as readonly unknown[],
    }));
    const reply: EnsembleReply = {
      id: event.id,
      model_name: name,
      outputs: vote(ballots, voteType),
      ...(modelEndpointUid === undefined ? {} : { model_endpoint_uid: modelEndpointUid }),
    };
    return failed === undefined ? reply : { ...reply, failed };
  }

  #list(): { models: string[]; weights: Record<string, number> | null } {
    const { name, weights } = this.#settings;
    const members = [...this.#routes.keys()];
    const given = weights === undefined ? null : Object.fromEntries(members.map((key) => [key, weights[key] ?? 0]));
    return { models: [...members, name], weights: given };
  }

  #metadata(): ModelMetadata {
    const signatures = [...this.#routes.values()].map((route) => route.signature());
    const known = signatures.find(({ inputs, outputs }) => inputs.length + outputs.length > 0);
    return {
      name: this.#settings.name,
      model_endpoint_uid: this.#settings.modelEndpointUid ?? "",
      ...(known ?? { inputs: [], outputs: [] }),
    };
  }
}
