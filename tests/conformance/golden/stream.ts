/** A streamed reply, as server-sent events carry it. */

import { errorShape, showAnswer } from "./compare.ts";
import { missingFrom } from "./error_text.ts";
import type { GoldenRequest } from "./golden_case.ts";
import type { Answer } from "./perform.ts";
import { difference } from "./same.ts";

/** What came. */
export interface StreamBody {
  /** The data of each event, as text. */
  readonly chunks: readonly string[];
  /** What the last event tells of a failure. */
  readonly error?: unknown;
}

/** Reads the events of a whole reply. */
export function readEvents(text: string): StreamBody {
  const chunks: string[] = [];
  let error: unknown;
  for (const event of text.split("\n\n").filter((part) => part !== "")) {
    const lines = event.split("\n");
    const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice("data: ".length)).join(
      "\n",
    );
    if (lines.includes("event: error")) error = JSON.parse(data);
    else chunks.push(data);
  }
  return { chunks, ...(error === undefined ? {} : { error }) };
}

/** Tells how a streamed reply differs from the recorded one; undefined where it does not. */
export function streamDifference(request: GoldenRequest, answer: Answer): string | undefined {
  const { stream, stream_error: failure } = request.expect;
  if (answer.status !== 200 || answer.contentType !== "text/event-stream") {
    return `answered ${showAnswer(answer)}; MLRun streams`;
  }
  const { chunks, error } = answer.body as StreamBody;
  const differs = difference(stream, chunks);
  if (differs !== undefined) return `streamed ${differs}`;
  if (failure === undefined) return error === undefined ? undefined : `the stream failed: ${JSON.stringify(error)}`;
  const told = { ...answer, body: error, contentType: "application/json" };
  return errorShape(request, told) ?? missingFrom(failure.message, (error as { error: string }).error);
}
