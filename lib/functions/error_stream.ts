import { describeThrown, GraphError } from "../errors.ts";
import type { ErrorStream, FailureRecord } from "../flow/failures.ts";
import type { NewRecord, Stream } from "../streams/stream.ts";
import type { FunctionPart } from "./parts_of.ts";
import type { Unit } from "./unit.ts";

/** A failure as it lies in an error stream. */
export interface FailureLetter extends Omit<FailureRecord, "event" | "time"> {
  /** The function that it happened in. */
  readonly function: string;
  /** The event, with the body as the step had it; `bodyLost` says why it has none. */
  readonly event: Omit<FailureRecord["event"], "key" | "body"> & {
    readonly key?: string;
    readonly body?: unknown;
    readonly bodyLost?: string;
  };
}

const MOST_WAITING = 1_000; // a stream that takes no more must not fill the memory

/** Where the failures of a part go; undefined where nobody said. */
export function errorStreamPath(unit: Unit, { name }: FunctionPart): string | undefined {
  return unit.place(name).errorStream ?? unit.place("").errorStream;
}

/**
 * Opens the stream that failures are published in: key and time are the event's and the failure's, so that those of a key keep their order. A
 * body that cannot travel is left out. More than 1,000 that wait for the stream are refused; they are in the log.
 *
 * @throws {GraphError} If there is no such stream.
 */
export async function openErrorStream(
  path: string,
  { fn, openStream }: { readonly fn: string; readonly openStream: (path: string, options: object) => Promise<Stream> },
): Promise<ErrorStream> {
  const stream = await openStream(path, {}).catch((error) => {
    const cause = `its errorStream cannot be opened: ${describeThrown(error).message}`;
    throw new GraphError(`start function "${fn}"`, [{
      cause,
      cure: "Mend the path, then start again",
      severity: "error",
    }]);
  });
  let waiting = 0;
  const push: ErrorStream = async (failure, trace) => {
    if (waiting >= MOST_WAITING) throw new Error(`${MOST_WAITING} failures wait for it already`);
    waiting += 1;
    try {
      await publish(stream, { failure, trace: trace(), fn });
    } finally {
      waiting -= 1;
    }
  };
  return Object.assign(push, { close: () => stream.close() });
}

interface Pushed {
  readonly failure: FailureRecord;
  readonly trace: Readonly<Record<string, string>>;
  readonly fn: string;
}

async function publish(stream: Stream, { failure, trace, fn }: Pushed): Promise<void> {
  const record = (body: { body: unknown } | { bodyLost: string }): NewRecord => {
    const { event: { id, key, path }, time, ...rest } = failure;
    const event = { id, ...key === undefined ? {} : { key }, path, ...body };
    return { body: { function: fn, ...rest, event } satisfies FailureLetter, key, path, time, headers: trace };
  };
  const { body } = failure.event;
  try {
    await stream.publish([record({ body })]);
  } catch (error) {
    const { message } = describeThrown(error);
    if (!message.startsWith("Cannot publish the body")) throw error;
    await stream.publish([record({ bodyLost: message })]);
  }
}
