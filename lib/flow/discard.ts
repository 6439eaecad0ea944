import type { Outcome } from "./outcome.ts";

/** Reads a streaming reply that nobody waits for, so that the step that makes it goes on; its failure is the event's, not told here. */
export async function discard(outcome: Outcome): Promise<void> {
  if (outcome.kind !== "stream") return;
  try {
    for await (const _ of outcome.chunks) { /* nobody wants it */ }
  } catch { /* the event's outcome tells */ }
}
