import type { OutputCheck } from "../../flow/check_output.ts";
import type { Outcome } from "../../flow/outcome.ts";
import { TensorReply } from "../../tensor/tensor_reply.ts";
import type { Told } from "./encode_outcome.ts";

/**
 * What became of an event, its reply read by the graph's schema, each chunk where it streams. A `Response` is its author's own, and a
 * reply of the open inference protocol that protocol's.
 *
 * @throws {StepError} If the reply does not fit: 500.
 */
export function checkedOutcome(
  outcome: Exclude<Outcome, { kind: "failed" }>,
  check: OutputCheck,
): Told | Promise<Told> {
  switch (outcome.kind) {
    case "reply": {
      const { body } = outcome;
      if (body instanceof Response || body instanceof TensorReply) return outcome;
      const checked = check(body);
      return checked instanceof Promise
        ? checked.then((body) => ({ kind: "reply", body }))
        : { kind: "reply", body: checked };
    }
    case "stream":
      return { kind: "stream", chunks: checkedChunks(outcome.chunks, check) };
    default:
      return outcome;
  }
}

function checkedChunks(chunks: AsyncIterator<unknown>, check: OutputCheck): AsyncIterator<unknown> {
  return {
    async next() {
      const result = await chunks.next();
      return result.done === true ? result : { done: false, value: await check(result.value) };
    },
    async return() {
      return await chunks.return?.() ?? { done: true, value: undefined };
    },
  };
}
