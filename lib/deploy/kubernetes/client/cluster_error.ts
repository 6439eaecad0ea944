/** A part of an object that an API server takes offence at. */
export interface ErrorCause {
  /** Where in the object, `.spec.replicas`. */
  readonly field: string;
  readonly message: string;
}

/** What a Kubernetes API server, or the way to it, has against a request. */
export class ClusterError extends Error {
  /** The name of the class. */
  override readonly name = "ClusterError";
  /** The status of HTTP; 0 where no server has answered. */
  readonly status: number;
  /** The server's word for it: `NotFound`, `Conflict`, `Forbidden`. */
  readonly reason: string;
  /** What of the object is meant. */
  readonly causes: readonly ErrorCause[];

  /** Says the act, and what stands in its way. */
  constructor(
    act: string,
    told: string,
    parts: ErrorOptions & Partial<Pick<ClusterError, "status" | "reason" | "causes">> = {},
  ) {
    const { status = 0, reason = "", causes = [], ...options } = parts;
    super(`Cannot ${act}: ${told}`, options);
    this.status = status;
    this.reason = reason;
    this.causes = causes;
  }
}
