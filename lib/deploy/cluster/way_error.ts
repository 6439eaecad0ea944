import type { ClusterPlace } from "./cluster_access.ts";
import { ClusterError } from "./cluster_error.ts";

/** What Deno says of a way, and what it means; the first that fits. */
const MEANINGS: readonly (readonly [RegExp, told: string, reason: string])[] = [
  [/UnknownIssuer/, "shows a certificate that the kubeconfig's authority has not signed", "Untrusted"],
  [/NotValidForName|not valid for name/, "shows a certificate that is for another name", "Untrusted"],
  [/peer certificate: Expired/, "shows a certificate that has ended", "Untrusted"],
  [/invalid peer certificate: (\w+)/, "shows a certificate that cannot be trusted", "Untrusted"],
  [
    /received fatal alert: \w*(Certificate|UnknownCA|AccessDenied)/,
    "does not take the kubeconfig's client certificate",
    "Untrusted",
  ],
  [/InvalidContentType|corrupt message/, "does not speak TLS: is the address an http:// one?", "Unreachable"],
  [/dns error/, "has a name that nobody knows here", "Unreachable"],
  [/Connection refused/, "refuses connections: is it running?", "Unreachable"],
  [
    /reading a body|Connection reset|[Cc]onnection closed|Broken pipe|end of file|IncompleteMessage|incomplete/,
    "broke off the connection: does it start anew?",
    "Unreachable",
  ],
  [/[Uu]nreachable/, "cannot be reached from here", "Unreachable"],
];

/** Why no answer has come, or not all of it. */
export function wayError(act: string, { name, server }: ClusterPlace, error: Error): ClusterError {
  const at = `cluster "${name}" at ${server}`;
  if (error.name === "TimeoutError") {
    return new ClusterError(act, `${at} does not answer in time`, { reason: "Timeout" });
  }
  const text = causesOf(error).join(": ");
  for (const [form, told, reason] of MEANINGS) {
    if (form.test(text)) return new ClusterError(act, `${at} ${told}`, { reason });
  }
  const ended = text.replace(/^(fetch failed: )?(error sending request[^:]*( \([^)]*\))?: )?/, "");
  return new ClusterError(act, `the way to ${at} broke: ${ended}`, { reason: "Unreachable" });
}

function causesOf(error: Error): string[] {
  const { message, cause } = error;
  return cause instanceof Error ? [message, ...causesOf(cause)] : [message];
}
