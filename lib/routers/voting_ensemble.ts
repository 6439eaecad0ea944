import { z } from "zod";
import type { Fault } from "../errors.ts";
import type { StepDefinition, StepSpec } from "../graph/operator.ts";
import type { StepSignature } from "../graph/signature.ts";
import { ReadyStep } from "../graph/step.ts";
import type { InferReply } from "../protocol/reply.ts";
import { answerCollective, servedCollective } from "./collective.ts";
import { Ensemble, type OwnVote } from "./ensemble.ts";
import type { MemberErrorPolicy } from "./members.ts";
import type { RouterStep } from "./model_router.ts";
import { routeFaults, routerName, routerOperator, routeSignatures } from "./request.ts";
import { openRoutes } from "./route.ts";
import type { VoteType } from "./vote.ts";

/** How an ensemble votes. */
export interface VotingEnsembleOptions {
  /** The ensemble's name in paths and replies; default: the step's name. */
  name?: string;
  /**
   * Default: as the members' metadata says: classification where all of them give integers, text or booleans (INT64, BYTES, BOOL), regression
   * where one gives fractions (FP32). Where one says nothing of its outputs: classification until a fraction is given, then regression, also of
   * whole numbers. Each worker and each start finds that out for itself, so that two workers may answer the same differently; warnings say so.
   */
  voteType?: VoteType;
  /** By member; each at least 0, only ratios matter. A member that is not named weighs 0. Default: all weigh the same. */
  weights?: Record<string, number>;
  /** Whether each reply has what each member gave, under `members`. Default: where the request says `members: true`, in its body or its `parameters`. */
  showMembers?: boolean;
  /** Puts the votes under this name: `outputs: { prediction: […] }`; `true` is `prediction`. Tensors have names of their own. Default: a list. */
  column?: string | true;
  /** A vote of one's own: gets the members' outputs by member, and their weights; gives one output a row. Default: by `voteType`. */
  vote?: OwnVote;
  /** `fail` (default): the request fails, naming the member. `drop`: the others vote, and the reply's `failed` tells who and why; so for one whose
   * answer does not fit those of the heavier part (another number of rows). */
  onMemberError?: MemberErrorPolicy;
  /** What model monitoring calls the ensemble; in replies and metadata as `model_endpoint_uid`. */
  modelEndpointUid?: string;
}

const OPTIONS = z.strictObject({
  name: z.string().min(1).optional(),
  voteType: z.enum(["regression", "classification"]).optional(),
  weights: z.record(z.string(), z.number()).optional(),
  onMemberError: z.enum(["fail", "drop"]).optional(),
  modelEndpointUid: z.string().min(1).optional(),
  showMembers: z.boolean().optional(),
  column: z.union([z.string().min(1), z.literal(true)]).optional(),
});

/** Paths of the ensemble itself, which no member can have as a name. */
const OWN_PATHS = ["infer", "predict", "explain"];

/** The voting ensemble in the catalogue. */
export const VOTING_ENSEMBLE: StepDefinition = {
  kind: "votingEnsemble",
  shape: "box",
  options: OPTIONS,
  code: { vote: "optional" },
  takesRoutes: true,
  check: (spec) => [...routeFaults(spec), ...nameFaults(spec), ...weightFaults(spec)],
  signatures: (spec) => withoutOutputs(routeSignatures(spec)),
  async open(spec, scope) {
    const name = nameOf(spec);
    const { voteType, weights, onMemberError = "fail", showMembers = false, column, modelEndpointUid } = OPTIONS.parse(
      spec.options,
    );
    const routes = await openRoutes(spec, scope);
    const ensemble = new Ensemble(routes, {
      name,
      voteType,
      weights,
      onMemberError,
      modelEndpointUid,
      showMembers,
      column: column === true ? "prediction" : column,
      vote: spec.code.vote as OwnVote | undefined,
      context: scope.context,
    });
    const operator = routerOperator(
      scope,
      routes,
      (event) => answerCollective(ensemble, event),
      [servedCollective(ensemble)],
    );
    return { ...operator, signatures: () => withoutOutputs(operator.signatures!()) };
  },
};

/** What comes out is the vote, not what the members give. */
function withoutOutputs(signatures: readonly StepSignature[]): StepSignature[] {
  return signatures.map(({ outputs: _, ...rest }) => rest);
}

/**
 * Asks all models at the same time and votes: the weighted mean of numbers, or the weighted majority of classes (a tie
 * goes to the lowest). Vectors and matrices are joined element by element.
 *
 * `POST /v2/models/infer`, `POST /v2/models/<ensemble>/infer` and `POST /` ask all; `/v2/models/<member>/infer` asks one,
 * and its answer is untouched. `GET /v2/models` lists members, ensemble and weights. Each member gets its own copy of the
 * request.
 *
 * @example The mean of two models, one trusted three times as much
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { type InferRequest, ModelServer, serving, votingEnsemble } from "levada";
 *
 * class Says extends ModelServer {
 *   predict({ inputs }: InferRequest): number[] {
 *     return inputs.map(() => this.param("what", 0));
 *   }
 * }
 *
 * const fn = serving("ensemble");
 * const vote = votingEnsemble({ voteType: "regression", weights: { low: 1, high: 3 } });
 * const ensemble = fn.setTopology("flow").to("same", (body: object) => body).to("vote", vote).respond();
 * ensemble.addRoute("low", Says, { what: 10 }).addRoute("high", Says, { what: 20 });
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual((await server.test("/v2/models/infer", { inputs: [1] })).outputs, [17.5]);
 * ```
 */
// deno-lint-ignore no-explicit-any -- the members decide what they take and give
export function votingEnsemble<In = any>(
  { vote, ...options }: VotingEnsembleOptions = {},
  // deno-lint-ignore no-explicit-any -- each model answers in its own way
): RouterStep<In, InferReply<any>> {
  return new ReadyStep(VOTING_ENSEMBLE, { ...options }, vote === undefined ? {} : { vote });
}

function nameOf(spec: StepSpec): string {
  return routerName(spec, { kind: "votingEnsemble", className: "VotingEnsemble" });
}

function nameFaults(spec: StepSpec): Fault[] {
  const own = [...OWN_PATHS, nameOf(spec)];
  return spec.routes.filter(({ key }) => own.includes(key)).map(({ key }) => ({
    cause: `member "${key}" has a name that its paths give to the ensemble itself`,
    cure: "Rename it",
    severity: "error",
  }));
}

function weightFaults(spec: StepSpec): Fault[] {
  const { weights } = spec.options;
  if (typeof weights !== "object" || weights === null) return [];
  const members = spec.routes.map(({ key }) => key);
  const faults: Fault[] = [];
  for (const [member, weight] of Object.entries(weights)) {
    if (!members.includes(member)) {
      const cure = `Name one of ${members.join(", ") || "its routes, when it has some"}`;
      faults.push({ cause: `there is a weight for "${member}", which is no member`, cure, severity: "error" });
    }
    if (!(Number.isFinite(weight) && weight >= 0)) {
      const cure = "Give a finite number, 0 or more";
      faults.push({ cause: `the weight of member "${member}" is ${weight}`, cure, severity: "error" });
    }
  }
  if (!Object.values(weights).some((weight) => weight > 0)) {
    faults.push({ cause: "no weight is above 0", cure: "Give at least one member a weight", severity: "error" });
  }
  return faults;
}
