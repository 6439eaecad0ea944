import type { StepError } from "../errors.ts";
import type { EarlyReply } from "../graph/early_reply.ts";
import type { FlowEvent } from "../graph/event.ts";
import { copyData } from "./copy.ts";
import { ReplyStream } from "./reply_stream.ts";
import type { RunningStep } from "./running_step.ts";
import { type Trip, tripOf } from "./trip.ts";

/** Answers the caller with what came out of a step, if it is a step that answers: by one reply, or by one chunk of a stream. */
export function answer(step: RunningStep, event: FlowEvent, trip: Trip): void {
  if (step.answers === "failures" && event.error === undefined) return;
  const body = step.outlets.length === 0 ? event.body : copyData(event.body);
  if (event.chunk === undefined || event.error !== undefined) trip.settle({ kind: "reply", body });
  else for (const root of trip.roots()) answerChunk(root, { body, trip, step: step.name });
}

/** Answers the caller with what a step in the middle says is the reply, where the step is on the way to it. */
export function answerEarly(step: RunningStep, event: FlowEvent, { body }: EarlyReply): void {
  if (event.chunk !== undefined) throw new TypeError("Cannot reply early: the event is one chunk of a streamed reply");
  if (step.isCallers) tripOf(event).settle({ kind: "reply", body });
}

/** Adds a chunk to the reply, which begins with the first; the branch is not done before the chunk is taken. */
function answerChunk(root: Trip, { body, trip, step }: { body: unknown; trip: Trip; step: string }): void {
  if (root.outcome === undefined) {
    root.settle({
      kind: "stream",
      chunks: new ReplyStream(() => root.abort(new Error("The reader of the reply left"))),
    });
  }
  if (root.outcome?.kind !== "stream") return;
  trip.enter();
  root.outcome.chunks.push(body, () => trip.leave(step));
}

/** Answers the callers of an event with a failure, by the reply or behind what there is of it. Tells whether anybody was told. */
export function answerFailure(trip: Trip, failure: StepError): boolean {
  let isTold = trip.settle({ kind: "failed", error: failure });
  if (isTold) return true;
  for (const root of trip.roots()) {
    if (root.outcome?.kind !== "stream") continue;
    root.outcome.chunks.end(failure);
    isTold = true;
  }
  return isTold;
}
