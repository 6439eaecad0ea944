/** One Jupyter message between two programs, apart from the bytes that carry it. */

/** The protocol version that every message of ours announces. */
export const PROTOCOL_VERSION = "5.5";

/** Who says what, and when. */
export interface Header {
  readonly msg_id: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly msg_type: string;
  readonly version: string;
  readonly subshell_id?: string | null;
}

/** A message as `openMessage` gives it: signature checked, every part parsed. */
export interface Message<Content extends object = Record<string, unknown>> {
  /** The routing frames before the delimiter: the peer on a ROUTER, the topic on a publisher. */
  readonly identities: readonly Uint8Array[];
  readonly header: Header;
  /** The header of the message that this one answers; undefined at the root of a conversation. */
  readonly parent: Header | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Content;
  readonly buffers: readonly Uint8Array[];
}
