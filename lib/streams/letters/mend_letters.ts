import { readValue } from "../../border/read_value.ts";
import { writeValue } from "../../border/write_value.ts";
import { StreamError } from "../../errors.ts";
import { sealRecord } from "../record.ts";
import type { DeadLetter } from "./dead_letter.ts";
import type { ChosenLetter } from "./letter_choice.ts";
import { headersFor } from "./send_again.ts";

/**
 * Changes the bodies of all letters, before the first of them is sent.
 *
 * @throws {StreamError} Naming the letter for which that cannot be done.
 */
export async function mendLetters<Body>(
  chosen: AsyncIterable<ChosenLetter<Body>> | Iterable<ChosenLetter<Body>>,
  change: (body: Body, letter: DeadLetter<Body>) => Body | Promise<Body>,
): Promise<ChosenLetter<Body>[]> {
  const mended: ChosenLetter<Body>[] = [];
  for await (const { letter, body } of chosen) {
    try {
      const changed = await change(copyOf(body), letter);
      sealRecord({ body: changed, headers: headersFor(changed, letter.headers) }, 0);
      mended.push({ letter, body: changed });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new StreamError(`Cannot mend letter ${letter.id}, so none is sent: ${message}`, { cause: error });
    }
  }
  return mended;
}

/** The letter keeps its own: what differs from it was changed. */
function copyOf<Body>(body: Body): Body {
  if (body instanceof Uint8Array) return body.slice() as Body;
  return readValue(writeValue(body, "copy the body", { isTyped: true }).text) as Body; // as it came: a clone would have lost its classes
}
