import type { FlowEvent } from "./event.ts";
import type { StepScope } from "./operator.ts";

/** Chunks as `resultPath` has them: each written into a body of its own. */
export async function* writeChunks(
  chunks: Iterable<unknown> | AsyncIterable<unknown>,
  event: FlowEvent,
  write: StepScope["write"],
): AsyncGenerator<unknown, undefined, undefined> {
  for await (const chunk of chunks) {
    const one = event.with(event.body);
    write(one, chunk);
    yield one.body;
  }
}
