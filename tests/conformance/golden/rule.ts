/** What a rule is: a deliberate difference, as a predicate over a case and our answer. */

import type { GoldenCase, GoldenRequest } from "./golden_case.ts";
import type { Answer, Asked, NoAnswer, Performance, Refusal } from "./perform.ts";

/** One thing in which our answer differs from the recording. */
export interface Difference {
  readonly case: GoldenCase;
  readonly aspect: "build" | "answer" | "trace" | "routes" | "result" | "failures" | "termination" | "check" | "plot";
  /** What differs, for people. */
  readonly text: string;
  /** What our library did. */
  readonly performance: Performance;
  /** The request that it is about; for `answer`, `trace` and `routes`. */
  readonly asked?: Asked;
  /** The check that it is about. */
  readonly what?: string;
  /** The run of a storey flow that it is about, and which event's result. */
  readonly run?: number;
  readonly emit?: number;
}

/** Whether a rule is about a difference, and whether our answer is what it says. */
export type Verdict =
  /** It is about something else. */
  | undefined
  /** Our answer is what the rule says. */
  | "holds"
  /** The rule is about this, and our answer is something else again. */
  | { readonly broken: string };

/** A deliberate difference. */
export interface Rule {
  readonly name: string;
  /** Why a user is better off. */
  readonly reason: string;
  /** What the library has to have before a case can use the rule, see `hasFeature`. */
  readonly needs?: string;
  judge(difference: Difference): Verdict;
}

/** Makes a verdict of what our answer must be: each complaint that is not undefined breaks the rule. */
export function verdict(...complaints: readonly (string | undefined)[]): Verdict {
  const found = complaints.filter((complaint) => complaint !== undefined);
  return found.length === 0 ? "holds" : { broken: found.join("; ") };
}

/** An answer of ours to a request, with what MLRun did. */
export interface Answered {
  readonly request: GoldenRequest;
  readonly answer: Answer;
  readonly asked: Asked;
}

/** The answer that a difference is about; undefined for every other difference. */
export function answered({ aspect, asked }: Difference): Answered | undefined {
  if (aspect !== "answer" || asked === undefined || isNoAnswer(asked.answer)) return undefined;
  return { request: asked.request, answer: asked.answer, asked };
}

/** Tells whether a request hung. */
export function isNoAnswer(answer: Answer | NoAnswer): answer is NoAnswer {
  return "waitedMs" in answer;
}

/** Our refusal where the recording has one too, or has none. */
export function refused({ performance }: Difference): Refusal | undefined {
  return performance.refusal;
}
