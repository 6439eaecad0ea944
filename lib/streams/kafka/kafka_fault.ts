import { StreamError } from "../../errors.ts";
import { TooLargeError } from "../too_large_error.ts";

/** What the client and the broker say, with what it means here. The first that is anywhere in an error counts. */
const MEANINGS: readonly {
  readonly says: RegExp;
  readonly state: string;
  readonly isFinal: boolean;
  readonly kind?: typeof StreamError;
}[] = [
  { says: /SASL_AUTHENTICATION_FAILED|PLT_KFK_AUTHENTICATION/, state: "user or password are wrong", isFinal: true },
  {
    says: /UNSUPPORTED_SASL_MECHANISM/,
    state: "the broker does not take this kind of login; say ?sasl=",
    isFinal: true,
  },
  {
    says:
      /UnknownIssuer|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CertNotValid|ERR_TLS_CERT|invalid peer certificate/i,
    state: "the broker's certificate is not trusted; LEVADA_STREAM_CA names a file of certificates to trust",
    isFinal: true,
  },
  {
    says: /ERR_SSL|InvalidContentType|received corrupt message|PLT_KFK_OUT_OF_BOUNDS|wrong version number/i,
    state: "the broker speaks TLS where this does not, or the other way round; look at ?tls=",
    isFinal: true,
  },
  { says: /TOPIC_AUTHORIZATION_FAILED/, state: "no rights for the topic", isFinal: true },
  { says: /GROUP_AUTHORIZATION_FAILED/, state: "no rights for the group", isFinal: true },
  { says: /CLUSTER_AUTHORIZATION_FAILED/, state: "no rights at this cluster", isFinal: true },
  {
    says: /MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE/,
    state: "a record is larger than the topic takes (max.message.bytes)",
    isFinal: true,
    kind: TooLargeError,
  },
  { says: /INVALID_REPLICATION_FACTOR/, state: "there are fewer brokers than ?replication= asks for", isFinal: true },
  { says: /INVALID_GROUP_ID/, state: "the broker does not take the group's name", isFinal: true },
  { says: /INVALID_SESSION_TIMEOUT/, state: "the broker does not take the session's length", isFinal: true },
  {
    says: /POLICY_VIOLATION|INVALID_CONFIG|INVALID_PARTITIONS/,
    state: "the broker's policy refuses the topic",
    isFinal: true,
  },
  {
    says: /INVALID_TOPIC_EXCEPTION/,
    state:
      "the broker does not take the topic's name. Is there one that differs in . and _ alone? These are the same to it; choose another name",
    isFinal: true,
  },
  {
    says: /INVALID_TIMESTAMP/,
    state:
      "the broker's clock is too far from this machine's, which is the records' time. Set the clocks right, or raise the topic's message.timestamp.after.max.ms and before.max.ms",
    isFinal: true,
  },
  {
    says: /NOT_COORDINATOR|COORDINATOR_NOT_AVAILABLE|COORDINATOR_LOAD_IN_PROGRESS/,
    state: "the broker that keeps the group is not ready",
    isFinal: false,
  },
  {
    says: /UNKNOWN_TOPIC|Unknown topic/,
    state: "there is no such topic any more: it was deleted, or the brokers have lost what they kept. Open it anew",
    isFinal: false,
  },
  { says: /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH/, state: "no broker answers", isFinal: false },
  {
    says: /Connection closed|TLS handshake failed|ECONNRESET/,
    state: "the broker closes the connection: it stops, or wants another ?tls= or ?sasl=",
    isFinal: false,
  },
  { says: /ETIMEDOUT|EPIPE|PLT_KFK_(NETWORK|TIMEOUT)/, state: "no broker answers", isFinal: false },
];

/** An error of Kafka in words: what was tried, what is wrong. */
export function faultOf(act: string, error: unknown): StreamError {
  if (error instanceof StreamError) return error;
  return new (meaningOf(error)?.kind ?? StreamError)(`Cannot ${act}: ${stateOf(error)}`, { cause: error });
}

/** What is wrong. */
export function stateOf(error: unknown): string {
  return meaningOf(error)?.state ?? deepest(error);
}

/** Whether trying again cannot help. */
export function isFinal(error: unknown): boolean {
  return meaningOf(error)?.isFinal ?? false;
}

function meaningOf(error: unknown): (typeof MEANINGS)[number] | undefined {
  const said = [...wordsOf(error)].join(" ");
  return MEANINGS.find(({ says }) => says.test(said));
}

/** Whether the broker has it that others come or go in the group, or have. */
export function isRebalance(error: unknown): boolean {
  return ["REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID"].some((id) => says(error, id));
}

/** Whether an error of the broker or the client is among what an error was made of. */
export function says(error: unknown, id: string): boolean {
  return [...wordsOf(error)].some((word) => word.includes(id));
}

/** The names and messages of an error and all that it was made of: retries nest. */
function* wordsOf(error: unknown, depth = 0): Generator<string> {
  if (!(error instanceof Error) || depth > 8) return;
  const { apiId, code, errors, cause } = error as Error & {
    apiId?: string;
    code?: string;
    errors?: unknown[];
  };
  for (const word of [apiId, code, error.message]) if (typeof word === "string") yield word;
  for (const inner of errors ?? []) yield* wordsOf(inner, depth + 1);
  yield* wordsOf(cause, depth + 1);
}

function deepest(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = (error as AggregateError).errors?.at(-1) ?? error.cause;
  return inner instanceof Error ? deepest(inner) : error.message;
}
