import type { ClusterAccess } from "./cluster_access.ts";
import { ClusterError } from "./cluster_error.ts";
import { wayError } from "./told_by.ts";

const LONGEST_LINE = 16 * 1024 * 1024; // an object has 1.5 MB at most

/** The lines of an answer, as they come; its connection is ended by who takes no more. */
export async function* linesOf(act: string, access: ClusterAccess, { body }: Response): AsyncGenerator<string> {
  if (body === null) return;
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: Error) => {
        throw wayError(act, access, error);
      });
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop()!;
      if (rest.length > LONGEST_LINE) {
        throw new ClusterError(act, `a line of the answer is longer than ${LONGEST_LINE} letters`);
      }
      yield* lines.filter((line) => line !== "");
    }
    if (rest !== "") yield rest;
  } finally {
    await reader.cancel().catch(() => {});
  }
}
