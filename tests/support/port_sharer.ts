/** Who else has a port of workers: what the kernel gives to it tells whom it chooses among. */

import { PortSockets } from "../../lib/serve/port/port_sockets.ts";

const HOSTNAME = "127.0.0.1";
const ROUNDS = 100;
const PAUSE_MS = 100;

/** How many new connections are opened at once: that all come to one of two by chance is as good as never. */
export const ASKED = 32;

/** Listens on a port beside workers. */
class PortSharer implements Disposable {
  readonly port: number;
  readonly #listener: Deno.TcpListener;

  /** @param port Default: a free one. */
  constructor(port = 0) {
    this.#listener = Deno.listen({ hostname: HOSTNAME, port, reusePort: true });
    this.port = this.#listener.addr.port;
  }

  /** Opens new connections until it is given as many of them as are wished; tells how many it was given in the end. */
  async given(isWished: (count: number) => boolean): Promise<number> {
    let count = await this.#ask();
    for (let round = 1; round < ROUNDS && !isWished(count); round += 1) {
      await new Promise((passed) => setTimeout(passed, PAUSE_MS));
      count = await this.#ask();
    }
    return count;
  }

  async #ask(): Promise<number> {
    const { port } = this;
    const asked = await Promise.all(
      Array.from({ length: ASKED }, () => Deno.connect({ hostname: HOSTNAME, port })),
    );
    using sockets = PortSockets.open([port])!;
    const { waiting } = sockets.all().find(({ isListening }) => isListening)!;
    for (let one = 0; one < waiting; one += 1) (await this.#listener.accept()).close();
    for (const connection of asked) connection.close();
    return waiting;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

/** Has a test listen on a port beside workers; default: on a free one. */
export async function withPortSharer(test: (sharer: PortSharer) => Promise<void>, port?: number): Promise<void> {
  using sharer = new PortSharer(port);
  await test(sharer);
}
