import { setTimeout as pause } from "node:timers/promises";
import { StreamError } from "../../errors.ts";
import { Absence } from "./absence.ts";
import { faultOf, isFinal } from "./kafka_fault.ts";

const AGAIN_MS = 100;

/**
 * Tries until it works.
 *
 * @param act What it is for, as in "publish to kafka://host:9092/orders".
 * @throws {StreamError} If trying cannot help any more, or the time is over.
 */
export async function keepTrying<Result>(
  act: string,
  run: () => Promise<Result>,
  { withinMs, isOver = () => false, beforeAgain }: {
    readonly withinMs: number;
    /** Whether nobody wants it any more: it is not tried again. */
    readonly isOver?: () => boolean;
    readonly beforeAgain?: (error: unknown) => void;
  },
): Promise<Result> {
  const startedAt = performance.now();
  const absence = new Absence();
  while (true) {
    try {
      return await run();
    } catch (error) {
      const isLate = performance.now() - startedAt > withinMs;
      const isGone = absence.notes(error);
      if (error instanceof StreamError || isOver() || isLate || isGone || isFinal(error)) throw faultOf(act, error);
      beforeAgain?.(error);
    }
    await pause(AGAIN_MS);
  }
}
