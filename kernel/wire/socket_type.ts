/** Which sockets may speak with which (RFC 23, "The Socket-Type Property"). */

/** A socket's type as READY announces it. */
export type SocketType = "ROUTER" | "DEALER" | "REQ" | "REP" | "PUB" | "XPUB" | "SUB" | "XSUB";

const PARTNERS: Readonly<Record<SocketType, readonly SocketType[]>> = {
  ROUTER: ["DEALER", "REQ", "ROUTER"],
  DEALER: ["ROUTER", "REP", "DEALER"],
  REQ: ["REP", "ROUTER"],
  REP: ["REQ", "DEALER"],
  PUB: ["SUB", "XSUB"],
  XPUB: ["SUB", "XSUB"],
  SUB: ["PUB", "XPUB"],
  XSUB: ["PUB", "XPUB"],
};

/** Whether a socket of ours may speak with a peer that announces `theirs`. */
export function isPartner(ours: SocketType, theirs: string): theirs is SocketType {
  return PARTNERS[ours].some((type) => type === theirs);
}
