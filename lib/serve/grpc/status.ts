import { isA, StatusError, StepError } from "../../errors.ts";
import { failureBody } from "../reply/failure_body.ts";
import { headerText } from "../reply/header_text.ts";
import type { GrpcMetadata, GrpcRuntime } from "./grpc_runtime.ts";

/** How a call ends that failed. */
export interface GrpcStatus {
  /** gRPC's code, 1 to 16. */
  readonly code: number;
  /** What went wrong, for a person. */
  readonly details: string;
  readonly metadata: GrpcMetadata;
}

/** gRPC's code for an HTTP status; others are 3, the caller's fault, below 500, and 13, the server's, from there. */
const CODES: Readonly<Record<number, number>> = {
  400: 3, // INVALID_ARGUMENT
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 5, // NOT_FOUND
  405: 12, // UNIMPLEMENTED
  408: 14, // UNAVAILABLE
  409: 10, // ABORTED
  412: 9, // FAILED_PRECONDITION
  413: 8, // RESOURCE_EXHAUSTED
  429: 8, // RESOURCE_EXHAUSTED
  499: 1, // CANCELLED
  501: 12, // UNIMPLEMENTED
  502: 14, // UNAVAILABLE
  503: 14, // UNAVAILABLE
  504: 4, // DEADLINE_EXCEEDED
};
const MOST_LETTERS = 1_000; // clients refuse more than 8 KB behind a reply, and each letter may take nine bytes there

/** gRPC's code for an HTTP status. */
export function codeOf(status: number): number {
  return CODES[status] ?? (status < 500 ? 3 : 13);
}

/** What a failure says in gRPC: the same words as over HTTP, the event's id behind them, and when it is worth another try. */
export function statusOf(
  error: unknown,
  { id, grpc }: { readonly id: string; readonly grpc: GrpcRuntime },
): GrpcStatus {
  const { status, body } = failureBody(error, id);
  const metadata = new grpc.Metadata();
  if (id !== "") metadata.set("x-event-id", headerText(id));
  if (body.step !== undefined) metadata.set("x-step", headerText(body.step));
  const cause = isA(error, StepError) ? error.cause : error;
  if (isA(cause, StatusError) && cause.retryAfterMs !== undefined) {
    metadata.set("grpc-retry-pushback-ms", String(Math.ceil(cause.retryAfterMs)));
  }
  return { code: codeOf(status), details: shortened(body.error), metadata };
}

/** A text as a status can hold it: gRPC writes it into a header. */
export function shortened(text: string): string {
  const whole = text.toWellFormed(); // half a character ends the process in encodeURI
  return whole.length <= MOST_LETTERS ? whole : `${whole.slice(0, MOST_LETTERS).toWellFormed()}…`;
}
