/** Several routes asked at once: what they answered, and what becomes of those that failed. */

import { describeThrown, isA, StatusError } from "../errors.ts";
import { copyData } from "../flow/copy.ts";
import type { Context } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import { isGenerator } from "../graph/generator.ts";
import { laterOf } from "../graph/later.ts";
import type { Maybe } from "../graph/typing.ts";
import { redactText } from "../redact_text.ts";
import type { Route } from "./route.ts";

/** What happens to a request when one member fails. */
export type MemberErrorPolicy = "fail" | "drop";

/** One member's answer. */
export interface Answered {
  readonly member: string;
  readonly answer: unknown;
}

/** Why one member has no answer. */
export interface Failed {
  readonly member: string;
  readonly error: unknown;
}

/** What became of one member's question. */
export type Outcome = Answered | Failed;

/** What the members are asked. */
export interface Question {
  readonly operation: string;
  readonly event: FlowEvent;
  /** Makes something of an answer, in the member's name: what it throws is the member's failure. */
  readonly read?: (answer: unknown, route: Route) => unknown;
  /** Whether the members only read the request, so that nobody needs a copy. Default: false. */
  readonly isShared?: boolean;
}

/** Asks all routes at the same time, each with a copy of the request; none of them makes it fail. */
export function askMembers(routes: readonly Route[], question: Question): Maybe<readonly Outcome[]> {
  const { operation, event, isShared = false } = question;
  // All copies are made first: what a member does to its own must not show in another's.
  const events = routes.map(() => event.with(isShared ? event.body : copyData(event.body)));
  const outcomes = routes.map((route, index) => askMember(route, { ...question, operation, event: events[index]! }));
  return outcomes.some((outcome) => outcome instanceof Promise) ? Promise.all(outcomes) : outcomes as Outcome[];
}

/** How failures are taken. */
export interface Tally {
  readonly onMemberError: MemberErrorPolicy;
  /** What cannot be done because of them: `answer for ensemble "votes"`. */
  readonly act: string;
  readonly context: Context;
  readonly event: FlowEvent;
  /** Whether a member has a say: its answer alone would do, and its failure matters. Default: every one's. */
  readonly counts?: (member: string) => boolean;
}

/**
 * Sorts what came back: the answers, and why the others were dropped, by member; undefined where none was.
 *
 * @throws {StatusError} Naming each that failed, where they may not be dropped or none is left.
 */
export function sortOutcomes(
  outcomes: readonly Outcome[],
  { onMemberError, act, context, event, counts = always }: Tally,
): { readonly answers: readonly Answered[]; readonly failed: Record<string, string> | undefined } {
  const answers = outcomes.filter((outcome): outcome is Answered => "answer" in outcome);
  if (answers.length === outcomes.length) return { answers, failed: undefined };
  const failures = outcomes.filter((outcome): outcome is Failed => "error" in outcome);
  const isFatal = onMemberError === "fail" && failures.some(({ member }) => counts(member));
  if (isFatal || !answers.some(({ member }) => counts(member))) throw failureOf(failures, act);
  return { answers, failed: tellFailed(failures, { context, event }) };
}

/** Tells of members that were dropped, and gives why, by member. */
export function tellFailed(
  failures: readonly Failed[],
  { context, event }: Pick<Tally, "context" | "event">,
): Record<string, string> {
  for (const { member, error } of failures) {
    context.pushError(
      event,
      new Error(`Member "${member}" failed: ${describeThrown(error).message}`, { cause: error }),
    );
  }
  return Object.fromEntries(failures.map(({ member, error }) => [member, redactText(describeThrown(error).message)]));
}

function askMember(route: Route, { read = same, ...question }: Question): Maybe<Outcome> {
  const member = route.key;
  const answered = (answer: unknown): Outcome => {
    if (isGenerator(answer)) throw streams(answer);
    return { member, answer: read(answer, route) };
  };
  const failed = (error: unknown): Outcome => ({ member, error });
  try {
    const answer = route.ask(question);
    const later = laterOf(answer);
    return later === undefined ? answered(answer) : later.then(answered).catch(failed);
  } catch (error) {
    return failed(error);
  }
}

/** A stream cannot be joined with other answers; it ends here, so that nothing goes on behind it. */
function streams(answer: { return?: (value: undefined) => unknown }): TypeError {
  void laterOf(answer.return?.(undefined))?.catch(() => {});
  return new TypeError("it streams its answer, and only whole ones are joined. Ask it by a route of its own");
}

/** All members' failures in one: the caller's fault only where it is so for each. */
function failureOf(failures: readonly Failed[], act: string): StatusError {
  const statuses = new Set(failures.map(({ error }) => isA(error, StatusError) ? error.status : 500));
  const why = failures.map(({ member, error }) => `member "${member}" failed: ${describeThrown(error).message}`);
  return new StatusError(statuses.size === 1 ? [...statuses][0]! : 500, `Cannot ${act}: ${why.join("; ")}`, {
    cause: failures.length === 1 ? failures[0]!.error : new AggregateError(failures.map(({ error }) => error)),
  });
}

function always(): boolean {
  return true;
}

function same(answer: unknown): unknown {
  return answer;
}
