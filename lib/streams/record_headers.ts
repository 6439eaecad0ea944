import { StreamError } from "../errors.ts";

/** How the names of the envelope begin. */
export const ENVELOPE = "levada-";
/**
 * How many headers of its own a record has at most, beside its content type, its trace and the envelope: whoever looks at `Headers` of so many waits some
 * milliseconds, and of a thousand for half a second, since the time grows with the square of their number.
 */
export const MOST_HEADERS = 128;
const BESIDE = ["content-type", "traceparent", "tracestate"]; // a trace is added by whoever traces

/**
 * The header that has headers of another hand as they came, where they would be others here: each name and value in base64. It goes through
 * dead letters and is sent again with them; Kafka's driver reads and writes it.
 */
export const FOREIGN_HEADERS = `${ENVELOPE}foreign-headers`;
/** The same for a key that is no text. */
export const FOREIGN_KEY = `${ENVELOPE}foreign-key`;
/** What is sent again with a dead letter, of what came from another hand. */
export const FOREIGN: readonly string[] = [FOREIGN_HEADERS, FOREIGN_KEY];
/** The content type of a record without a value, such as Kafka's tombstones: its body is null, it has no bytes. */
export const NO_VALUE = "application/vnd.levada.no-value";

/** Whether a header is neither the envelope's nor the content type. */
export function isOwnHeader(name: string): boolean {
  return !name.startsWith(ENVELOPE) && name !== "content-type";
}

function isCounted(name: string): boolean {
  return isOwnHeader(name) && !BESIDE.includes(name);
}

/** How many headers of its own a record has, where these are too many to be read; else 0. */
export function countExcess(headers: Readonly<Record<string, string>>): number {
  let all = 0;
  for (const _name in headers) all += 1;
  if (all <= MOST_HEADERS) return 0; // as nearly always
  const own = Object.keys(headers).filter(isCounted).length;
  return own > MOST_HEADERS ? own : 0;
}

/**
 * The headers of a record that is published, by their names in lower case.
 *
 * @throws {StreamError} If they cannot travel.
 */
export function writeHeaders(given: HeadersInit | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  if (given === undefined) return headers;
  const listed = given instanceof Headers ? 0 : Array.isArray(given) ? given.length : Object.keys(given).length;
  if (listed > MOST_HEADERS + BESIDE.length) throw tooMany(listed); // before `Headers` are made of them
  let count = 0;
  for (const [name, value] of readGiven(given)) {
    if (name.startsWith(ENVELOPE) && !FOREIGN.includes(name)) {
      throw refused(`its header ${name.slice(0, 60)} has a name of the envelope (${ENVELOPE}…). Give it another name`);
    }
    if (name === "set-cookie" && Object.hasOwn(headers, name)) {
      throw refused("it has more than one set-cookie, which are no one text. Put them into the body");
    }
    if (isCounted(name) && ++count > MOST_HEADERS) throw tooMany(listed);
    headers[name] = value; // in Deno also `__proto__` is a name like any other
  }
  return headers;
}

function readGiven(given: HeadersInit): Iterable<[string, string]> {
  try {
    return given instanceof Headers ? given : new Headers(given);
  } catch (error) {
    throw refused(`a header is no plain text. ${(error as Error).message}`, { cause: error });
  }
}

function tooMany(count: number): StreamError {
  const state = count > MOST_HEADERS ? `${count} headers` : `more than ${MOST_HEADERS} headers`;
  return refused(`it has ${state}, and a record may have ${MOST_HEADERS}. Put what they say into the body`);
}

function refused(state: string, options?: ErrorOptions): StreamError {
  return new StreamError(`Cannot publish the record: ${state}`, options);
}
