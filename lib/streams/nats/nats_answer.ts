/** What NATS and its client answer, and what it means. */

/** An answer that says no: JetStream's `err_code`, or the status of a message. */
export class Refusal extends Error {
  readonly code: number;

  constructor(code: number, description: string) {
    super(description);
    this.code = code;
  }
}

/** JetStream's code of a stream that is not there. */
export const NO_STREAM = 10059;
/** JetStream's code of a batch of which it has not all: it refused a message, or its beginning went with a connection. */
export const INCOMPLETE = 10176;
const FORBIDDEN = /Permissions Violation/i;

/** Whether an error says that one has no rights for what one did. */
export function isForbidden(error: Error): boolean {
  return FORBIDDEN.test(error.message);
}

/** Errors of connections, */
const PASSING = /TimeoutError|ClosedConnectionError|NoRespondersError|RequestError|DisconnectedError|ConnectionError/;
/** and of a server that starts, elects a leader, has lost the beginning of a batch with a connection, or has too many at once. */
const PASSING_CODES = [503, 10008, 10009, 10118, 10163, INCOMPLETE, 10210];

/** Whether what went wrong passes by itself. */
export function isPassing(error: Error): boolean {
  return error instanceof Refusal ? PASSING_CODES.includes(error.code) : PASSING.test(error.name);
}

/** @throws {Refusal} */
export function readAnswer<Answer>(data: Uint8Array): Answer {
  const answer = JSON.parse(new TextDecoder().decode(data)) as Answer & {
    error?: { code: number; err_code?: number; description: string };
  };
  const { error } = answer;
  if (error !== undefined) throw new Refusal(error.err_code ?? error.code, error.description);
  return answer;
}

/** The connection went while an answer was waited for. */
export function lost(): Error {
  return Object.assign(new Error("the connection is lost"), { name: "ConnectionError" });
}

/** No answer has come. */
export function silence(): Error {
  return Object.assign(new Error("no answer"), { name: "TimeoutError" });
}

/** What hinders, in words, with what to do. */
export function stateOf(error: Error): string {
  const { name, message } = error;
  const text = `${message} ${(error.cause as Error | undefined)?.message ?? ""}`;
  if (/Authorization|Authentication/i.test(name + text)) {
    return "NATS refuses the user or the password, or the key. They stand in the path, or in LEVADA_STREAM_<NAME>_USER and _PASSWORD, _TOKEN, _NKEY or _CREDS";
  }
  return /refused/i.test(text) ? "no server listens there" : `NATS cannot be reached: ${text.trim()}`;
}
