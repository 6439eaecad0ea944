import { redactText } from "../../redact_text.ts";

/** A part of an object that an API server takes offence at. */
export interface ErrorCause {
  /** Where in the object, `.spec.replicas`. */
  readonly field: string;
  /** What is against it. */
  readonly message: string;
  /** In a conflict: whose field it is, `kubectl`. */
  readonly manager?: string;
}

/** What a Kubernetes API server, or the way to it, has against a request. No message holds a token, a key or a password. */
export class ClusterError extends Error {
  /** The name of the class. */
  override readonly name = "ClusterError";
  /** The status of HTTP; 0 where no server has answered. */
  readonly status: number;
  /**
   * The server's word for it, `NotFound`, `Conflict`, `Forbidden`; where it has none: `UnknownField`, `Quota`, `NoKind`, and where it was
   * not reached `Untrusted`, `Unreachable`, `Timeout`.
   */
  readonly reason: string;
  /** What of the object is meant. */
  readonly causes: readonly ErrorCause[];

  /** Says the act, and what stands in its way. */
  constructor(
    act: string,
    told: string,
    { status = 0, reason = "", causes = [] }: Partial<Pick<ClusterError, "status" | "reason" | "causes">> = {},
  ) {
    super(redactText(`Cannot ${act}: ${told}`)); // no cause: what Deno throws quotes headers
    this.status = status;
    this.reason = reason;
    this.causes = causes;
  }
}
