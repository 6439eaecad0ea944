/** What the client makes a socket with, of which this is used. */
export interface SocketMaker {
  dial(at: unknown): Promise<Socket>;
  startTLS(): Promise<Socket>;
  tlsFirst(at: unknown): Promise<Socket>;
}

interface Socket {
  on(event: "error", listener: () => void): unknown;
  removeAllListeners(...names: string[]): unknown;
}

const guarded = new WeakSet<SocketMaker>();

/**
 * The client takes all listeners off a socket before it puts others on, and when it closes one. A connection that breaks in between, as
 * where a server refuses a login or is ended, would be an error that nobody listens to: Deno ends the process for it.
 */
export function guardSockets(maker: SocketMaker): void {
  if (guarded.has(maker)) return;
  guarded.add(maker);
  for (const name of ["dial", "startTLS", "tlsFirst"] as const) {
    const make = maker[name];
    maker[name] = async function (this: SocketMaker, at?: unknown) {
      return guard(await make.call(this, at));
    };
  }
}

function guard(socket: Socket): Socket {
  const remove = socket.removeAllListeners;
  const listen = () => socket.on("error", () => {}); // who waits is told by the end of the connection
  socket.removeAllListeners = (...names) => {
    remove.apply(socket, names);
    listen();
    return socket;
  };
  listen();
  return socket;
}
