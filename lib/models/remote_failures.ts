import { isA, RemoteError } from "../errors.ts";
import type { Context } from "../graph/context.ts";

const LOGGED_A_MINUTE = 10; // failures: more are counted, and would only fill the log

/**
 * What callers are told where another server fails: a sentence, with the status of a gateway. The rest, its address and its own words, is
 * for the log, and stands in the error's `cause`.
 */
export class RemoteFailures {
  readonly #model: string;
  readonly #context: Pick<Context, "clock" | "log">;
  #logged = { minute: -1, lines: 0 };

  constructor(model: string, context: Pick<Context, "clock" | "log">) {
    this.#model = model;
    this.#context = context;
  }

  /** The failure for the caller; what is no other server's failure stays what it is. */
  told(error: unknown): unknown {
    if (!isA(error, RemoteError)) return error;
    this.#log(error.message);
    const { status, remoteStatus, answer, isTransient, retryAfterMs } = error;
    return new RemoteError(status, `Cannot ask model "${this.#model}": ${sentence(error)}`, {
      cause: error,
      isTransient,
      ...(remoteStatus === undefined ? {} : { remoteStatus }),
      ...(answer === undefined ? {} : { answer }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }

  #log(message: string): void {
    const minute = Math.floor(this.#context.clock.now() / 60_000);
    if (minute !== this.#logged.minute) this.#logged = { minute, lines: 0 };
    this.#logged.lines += 1;
    if (this.#logged.lines <= LOGGED_A_MINUTE) this.#context.log.warn(`Model "${this.#model}": ${message}`);
  }
}

function sentence({ status, remoteStatus }: RemoteError): string {
  if (remoteStatus !== undefined && remoteStatus >= 300) return `its server answered ${remoteStatus}`;
  if (remoteStatus !== undefined) return "what its server answered cannot be used";
  return status === 504 ? "its server has not answered in time" : "its server cannot be asked";
}
