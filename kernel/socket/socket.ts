/** What the sockets of this room have in common: whole messages in, whole messages out. */

/** One whole ZeroMQ message: its frames in order. */
export type Frames = readonly Uint8Array[];

/** A bound or connected socket. Iterating it gives every message that arrives, until it is closed. */
export interface Socket extends AsyncDisposable, AsyncIterable<Frames> {
  /** Where it is bound or connected, `tcp://127.0.0.1:5555`; a bind to port 0 tells the port that it got. */
  readonly address: string;
  /**
   * Hands one message over. It resolves as soon as the socket takes the message into its bounded queue, so awaiting it is the
   * back-pressure; a ROUTER drops a message for a peer that has gone.
   */
  send(frames: Frames): Promise<void>;
}
