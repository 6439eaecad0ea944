import type { ClusterAccess } from "./cluster_access.ts";
import { ClusterError, type ErrorCause } from "./cluster_error.ts";

interface Status {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly Partial<ErrorCause>[] };
}

const LONGEST_TEXT = 500;

/** What an API server has refused with. */
export function toldBy(
  act: string,
  access: Pick<ClusterAccess, "name" | "server">,
  status: number,
  text: string,
): ClusterError {
  const { message, reason = "", details } = statusOf(text);
  const causes = (details?.causes ?? []).map(({ field = "", message = "" }) => ({ field, message }));
  const said = message ?? (text.trim().slice(0, LONGEST_TEXT) || "it says no more");
  const parts = { status, reason, causes };
  switch (status) {
    case 401:
      return new ClusterError(
        act,
        `cluster "${access.name}" does not know who asks: the token or certificate has ended, or is another cluster's. Log in anew`,
        parts,
      );
    case 403:
      return new ClusterError(act, `who asks may not: ${said}`, parts);
    case 409:
      return new ClusterError(
        act,
        [said, ...causes.map(({ field, message }) => `\n  ${field}: ${message}`)].join(""),
        parts,
      );
    default:
      return new ClusterError(act, `${said} (${status}${reason === "" ? "" : ` ${reason}`})`, parts);
  }
}

function statusOf(text: string): Status {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && value.kind === "Status" ? value : {};
  } catch {
    return {};
  }
}

/** Why no answer has come. */
export function wayError(
  act: string,
  { name, server }: Pick<ClusterAccess, "name" | "server">,
  error: Error,
): ClusterError {
  const text = causesOf(error).join(": ");
  const told = error.name === "TimeoutError"
    ? "does not answer in time"
    : /UnknownIssuer|invalid peer certificate|certificate/i.test(text)
    ? `shows a certificate that the kubeconfig's authority has not signed, or one for another name (${text})`
    : `cannot be reached (${text})`;
  return new ClusterError(act, `cluster "${name}" at ${server} ${told}`, { cause: error });
}

function causesOf(error: Error): string[] {
  const { message, cause } = error;
  return cause instanceof Error ? [message, ...causesOf(cause)] : [message];
}
