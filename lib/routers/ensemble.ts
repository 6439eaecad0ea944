import type { Context } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import { andThen } from "../graph/later.ts";
import { monitorOf } from "../graph/monitor.ts";
import type { ModelFacts } from "../graph/served_model.ts";
import type { Maybe } from "../graph/typing.ts";
import { watchCall } from "../models/watched.ts";
import { badRequest } from "../protocol/refusal.ts";
import { describeBody, isObject } from "../protocol/request_body.ts";
import { TensorReply } from "../tensor/tensor_reply.ts";
import { type Collective, factsOf } from "./collective.ts";
import { askMembers, type Failed, type MemberErrorPolicy, type Outcome, sortOutcomes, tellFailed } from "./members.ts";
import { type Voted, voteWithoutOdd } from "./odd_members.ts";
import type { Route, RouteTable } from "./route.ts";
import { RouteIndex } from "./route_index.ts";
import { asTensors, type TensorBallot, tensorsIn, voteTensors } from "./tensor_vote.ts";
import { areNumbers, type Ballot, outputsOf, typeOfValues, vote, type VoteType } from "./vote.ts";

/** What an ensemble answers. */
export interface EnsembleReply {
  id: string;
  model_name: string;
  outputs: unknown;
  /** What model monitoring calls the ensemble; only where it was said. */
  model_endpoint_uid?: string;
  /** What each member gave, by member; only where the request asks for it. */
  members?: Record<string, unknown>;
  /** Why members did not vote, by member; only where some were dropped. */
  failed?: Record<string, string>;
}

/** A vote of one's own: of what each member gave, one output a row. */
export type OwnVote = (
  outputs: Readonly<Record<string, readonly unknown[]>>,
  weights: Readonly<Record<string, number>>,
) => unknown;

interface EnsembleSettings {
  readonly name: string;
  readonly voteType: VoteType | undefined;
  readonly weights: Readonly<Record<string, number>> | undefined;
  readonly modelEndpointUid: string | undefined;
  readonly onMemberError: MemberErrorPolicy;
  readonly showMembers: boolean;
  readonly column: string | undefined;
  readonly vote: OwnVote | undefined;
  readonly context: Context;
}

/** Datatypes whose values are classes, where a model declares them: numbers with fractions are averaged. */
const CLASSES = /^(BOOL|BYTES|U?INT\d+)$/;

/** Several models that answer as one. */
export class Ensemble implements Collective {
  readonly routes: RouteTable;
  readonly index: RouteIndex;
  readonly noun = "ensemble";
  readonly #settings: EnsembleSettings;
  readonly #weights: ReadonlyMap<string, number>;
  /** How numbers of members that declare nothing were voted on. */
  #seen: VoteType | undefined;

  constructor(routes: RouteTable, settings: EnsembleSettings) {
    this.routes = routes;
    this.index = new RouteIndex(routes);
    this.#settings = settings;
    const { weights } = settings;
    const largest = Math.max(...Object.values(weights ?? { all: 1 }));
    this.#weights = new Map(
      [...routes.keys()].map((key) => [key, weights === undefined ? 1 : weightOf(weights, key) / largest]),
    );
  }

  get endpointUid(): string {
    return this.#settings.modelEndpointUid ?? "";
  }

  get name(): string {
    return this.#settings.name;
  }

  list(): { models: string[]; weights: Record<string, number> | null } {
    const { name, weights } = this.#settings;
    const members = [...this.routes.keys()];
    const given = weights === undefined
      ? null
      : Object.fromEntries(members.map((key) => [key, weightOf(weights, key)]));
    return { models: [...members, name], weights: given };
  }

  needed(): readonly Route[] {
    const { onMemberError, vote: own } = this.#settings;
    if (onMemberError === "drop") return [];
    return [...this.routes.values()].filter(({ key }) => own !== undefined || this.#weights.get(key)! > 0);
  }

  facts(): ModelFacts {
    return factsOf(this.routes.values(), "levada_ensemble");
  }

  /** Asks all members and votes, in the dialect of the request. */
  ask(operation: string, event: FlowEvent): Maybe<unknown> {
    const { name, modelEndpointUid, context } = this.#settings;
    const { body } = event;
    if (!isObject(body)) throw badRequest(name, describeBody(body));
    if (!Object.hasOwn(body, "inputs")) throw badRequest(name, 'the body has no key "inputs"');
    if (!Array.isArray(body.inputs)) throw badRequest(name, '"inputs" is not a list');
    const monitor = monitorOf(context);
    if (monitor === undefined) return this.#askMembers(operation, event);
    const head = {
      model: name,
      className: "VotingEnsemble",
      endpointId: modelEndpointUid,
      function: context.function,
      operation,
      id: String(body.id ?? event.id),
    };
    return watchCall(monitor, head, (watch) => {
      watch.inputs = body;
      return this.#askMembers(operation, event);
    });
  }

  #askMembers(operation: string, event: FlowEvent): Maybe<EnsembleReply | TensorReply> {
    const read = (answer: unknown) => answer instanceof TensorReply ? tensorsIn(answer) : outputsOf(answer);
    const outcomes = askMembers([...this.routes.values()], { operation, event, read });
    return andThen(outcomes, (settled) => this.#count(settled, event));
  }

  #count(outcomes: readonly Outcome[], event: FlowEvent): EnsembleReply | TensorReply {
    const { name, onMemberError, context, column, modelEndpointUid } = this.#settings;
    const act = `answer for ensemble "${name}"`;
    const isOwn = this.#settings.vote !== undefined && onMemberError === "fail"; // a vote of one's own may need everybody
    const counts = (member: string) => isOwn || this.#weights.get(member)! > 0;
    const { answers, failed } = sortOutcomes(asTensors(outcomes), { onMemberError, act, context, event, counts });
    const ballots = answers.map(({ member, answer }) => ({
      member,
      weight: this.#weights.get(member)!,
      outputs: answer,
    }));
    const isShown = this.#settings.showMembers || asksForMembers(event.body);
    if (ballots.some(({ outputs }) => outputs instanceof TensorReply)) {
      return this.#tensorReply(ballots as TensorBallot[], { event, failed, isShown });
    }
    const { result: voted, ballots: rows, odd } = this.#fitting(ballots as Ballot[], (some) => this.#vote(some));
    return {
      id: event.id,
      model_name: name,
      outputs: column === undefined ? voted : { [column]: voted },
      ...(modelEndpointUid === undefined ? {} : { model_endpoint_uid: modelEndpointUid }),
      ...(isShown ? { members: Object.fromEntries(rows.map(({ member, outputs }) => [member, outputs])) } : {}),
      ...this.#told({ failed, odd, event }),
    };
  }

  /** Members whose answers do not fit the others' are as those that fail. */
  #fitting<Answer extends Ballot | TensorBallot, Result>(
    ballots: readonly Answer[],
    voteOn: (ballots: readonly Answer[]) => Result,
  ): Voted<Answer, Result> {
    const { onMemberError, vote: own } = this.#settings;
    const isStrict = onMemberError === "fail" || own !== undefined; // what a vote of one's own throws is no member's
    return isStrict ? { result: voteOn(ballots), ballots, odd: [] } : voteWithoutOdd(ballots, voteOn);
  }

  #told(
    { failed, odd, event }: { failed: Record<string, string> | undefined; odd: readonly Failed[]; event: FlowEvent },
  ): { failed?: Record<string, string> } {
    if (failed === undefined && odd.length === 0) return {};
    return { failed: { ...failed, ...tellFailed(odd, { context: this.#settings.context, event }) } };
  }

  #vote(ballots: readonly Ballot[]): unknown {
    const own = this.#settings.vote;
    if (own === undefined) return vote(ballots, this.#typeOf(ballots));
    return own(
      Object.fromEntries(ballots.map(({ member, outputs }) => [member, outputs])),
      Object.fromEntries(ballots.map(({ member, weight }) => [member, weight])),
    );
  }

  #tensorReply(
    all: readonly TensorBallot[],
    { event, failed: before, isShown }: {
      event: FlowEvent;
      failed: Record<string, string> | undefined;
      isShown: boolean;
    },
  ): TensorReply {
    const { name, vote: own } = this.#settings;
    const voteType = this.#tensorType(all);
    const { result: outputs, ballots, odd } = this.#fitting(all, (some) => voteTensors(some, { voteType, own }));
    const { failed } = this.#told({ failed: before, odd, event });
    const shown = isShown
      ? ballots.flatMap(({ member, outputs: { outputs } }) =>
        outputs.map((tensor) => tensor.named(`${member}/${tensor.name}`))
      )
      : [];
    const { id } = event.body as { id?: unknown };
    return new TensorReply({
      model_name: name,
      id: typeof id === "string" ? id : event.id,
      outputs: [...outputs, ...shown],
      ...(failed === undefined ? {} : { parameters: { failed: JSON.stringify(failed) } }),
    });
  }

  /** How to vote on rows: as is said, as members declare, else by the values. */
  #typeOf(ballots: readonly Ballot[]): VoteType {
    return this.#settings.voteType ?? this.#declaredType() ?? this.#typeByValues(ballots);
  }

  /** Once numbers with fractions were seen, whole ones are averaged too: a row's answer must not depend on those beside it. */
  #typeByValues(ballots: readonly Ballot[]): VoteType {
    const type = typeOfValues(ballots);
    if (!areNumbers(ballots)) return type;
    return this.#keepType(type);
  }

  /** How to vote on the first output, where that is not as its datatype says: a model of rows that declares nothing makes INT64 of whole numbers. */
  #tensorType(ballots: readonly TensorBallot[]): VoteType | undefined {
    const { voteType, vote: own } = this.#settings;
    if (voteType !== undefined || own !== undefined || this.#declaredType() !== undefined) return voteType;
    const first = ballots.flatMap(({ weight, outputs }) => weight > 0 ? outputs.outputs[0] ?? [] : []);
    if (first.some(({ datatype }) => datatype === "BOOL" || datatype === "BYTES")) return undefined;
    return this.#keepType(first.every(({ datatype }) => CLASSES.test(datatype)) ? "classification" : "regression");
  }

  #keepType(type: VoteType): VoteType {
    const before = this.#seen;
    if (before === type || before === "regression") return before;
    const { name, context } = this.#settings;
    const now = type === "classification"
      ? "not all members say what they give, so whole numbers are counted as classes until one gives a fraction, and averaged from then on"
      : before === undefined
      ? "not all members say what they give; one gave a fraction, so numbers are averaged, whole ones too"
      : "a member gave a fraction, so whole numbers, which were counted as classes until now, are averaged from now on";
    context.log.warn(
      `Ensemble "${name}": ${now}. Each worker, and each start, finds that out for itself. Say voteType, or what members give`,
    );
    return this.#seen = type;
  }

  /**
   * How the members' metadata says to vote on rows: on classes where every member declares such a datatype, on numbers where one declares
   * fractions; undefined where one does not say. Tensors say it themselves.
   */
  #declaredType(): VoteType | undefined {
    let type: VoteType | undefined = "classification";
    for (const route of this.routes.values()) {
      if (this.#weights.get(route.key) === 0) continue;
      const { outputs = [] } = route.takesAndGives();
      const [spec] = outputs; // rows are of the first
      if (spec === undefined) type = undefined;
      else if (!CLASSES.test(spec.datatype)) return "regression";
    }
    return type;
  }
}

/** Members may be called like what every object has: `toString`. */
function weightOf(weights: Readonly<Record<string, number>>, key: string): number {
  return Object.hasOwn(weights, key) ? weights[key]! : 0;
}

/** Whether a request wants to see what each member gave: `members: true`, in the body or among its `parameters`. */
function asksForMembers(body: unknown): boolean {
  if (!isObject(body)) return false;
  return body.members === true || (isObject(body.parameters) && body.parameters.members === true);
}
