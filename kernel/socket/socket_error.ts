/** A socket cannot do what it was asked: the address is of no use, nobody answers there, or it is closed. */
export class SocketError extends Error {
  override readonly name = "SocketError";
}
