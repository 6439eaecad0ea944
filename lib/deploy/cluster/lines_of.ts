import type { ClusterPlace } from "./cluster_access.ts";
import { ClusterError } from "./cluster_error.ts";
import { wayError } from "./way_error.ts";

const LONGEST_LINE = 16 * 1024 * 1024; // an object has 1.5 MB at most

/**
 * The lines of an answer, as they come; its connection is ended by who takes no more.
 *
 * @throws {ClusterError} If the way to the server breaks in the middle. What aborted the request is thrown as it is.
 */
export async function* linesOf(act: string, place: ClusterPlace, { body }: Response): AsyncGenerator<string> {
  if (body === null) return;
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let rest: string[] = []; // of a line that has not ended; put together once
  let letters = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: Error) => {
        throw error.name === "AbortError" ? error : wayError(act, place, error);
      });
      if (done) break;
      const [first, ...others] = value.split("\n");
      rest.push(first!);
      letters += first!.length;
      if (letters > LONGEST_LINE) {
        throw new ClusterError(act, `a line of the answer is longer than ${LONGEST_LINE} letters`);
      }
      if (others.length === 0) continue;
      const lines = [rest.join(""), ...others];
      rest = [lines.pop()!];
      letters = rest[0]!.length;
      yield* lines.filter((line) => line !== "");
    }
    const last = rest.join("");
    if (last !== "") yield last;
  } finally {
    await reader.cancel().catch(() => {});
  }
}
