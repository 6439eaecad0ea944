import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Which piece of what passes is the last one of a connection, and whether only half of it passes. */
export interface LastPiece {
  readonly piece: number;
  readonly isHalf: boolean;
}

/** Stands before a server of 127.0.0.1 and resets connections, each behind a piece of what passes, whoever sends it. */
export class ResettingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How many connections it has reset. */
  resets = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * Opens one on a free port.
   *
   * @param port Where the server is.
   * @param lasts The last piece of the first connection, the second … Those behind them live; piece 0 is before all.
   * @param rewrite Changes what the server says, as where it tells its own address; is given the port of this.
   */
  static async open(
    port: number,
    lasts: readonly LastPiece[],
    rewrite: (bytes: Uint8Array, port: number) => Uint8Array = (bytes) => bytes,
  ): Promise<ResettingProxy> {
    const rest = [...lasts];
    const server = createServer();
    const proxy = new ResettingProxy(server);
    server.on("connection", (client: Socket) => {
      const last = rest.shift();
      const peer = connect(port, "127.0.0.1");
      proxy.#keep(client, peer);
      let pieces = 0;
      const reset = () => {
        proxy.resets += 1;
        client.resetAndDestroy();
        peer.destroy();
      };
      const pass = (bytes: Uint8Array, to: Socket) => {
        if (client.destroyed) return;
        pieces += 1;
        const isLast = pieces === last?.piece;
        to.write(isLast && last!.isHalf ? bytes.subarray(0, bytes.length >> 1) : bytes);
        if (isLast) reset();
      };
      client.on("data", (bytes) => pass(bytes, peer));
      peer.on("data", (bytes) => pass(rewrite(bytes, proxy.port), client));
      client.on("close", () => peer.destroy());
      peer.on("close", () => client.destroy());
      if (last?.piece === 0) reset();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #keep(...sockets: Socket[]): void {
    for (const socket of sockets) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {}); // it is the one that resets
      socket.on("close", () => this.#sockets.delete(socket));
    }
  }
}
