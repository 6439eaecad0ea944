import { PortSockets } from "./port_sockets.ts";

const QUIET_LOOKS = 15; // who has connected and says nothing so long may be cut off
const BUSY_LOOKS = 100; // who goes on so long has several requests on one connection, and is told to leave as it closes; or a long body

/** A connection as it was looked at. */
interface Seen {
  readonly looks: number;
  readonly read: number;
}

/**
 * Looks at ports that take no newcomers, to tell when nothing that has come to them would be lost if they closed. Looks are counted, not
 * timed: between two of them what serves the ports has had its turn, however long a step holds the thread.
 */
export class Drain implements Disposable {
  readonly #sockets: PortSockets | undefined;
  #looks = 0;
  #seen: ReadonlyMap<bigint, Seen> = new Map();

  constructor(ports: readonly number[]) {
    this.#sockets = PortSockets.open(ports);
  }

  /** Whether everybody is accepted and read, and nobody is new; where the kernel cannot be asked, after some looks. */
  isEmpty(): boolean {
    let isEmpty = this.#looks++ >= QUIET_LOOKS; // who knocked before newcomers were refused may come yet
    const seen = new Map<bigint, Seen>();
    for (const { isListening, waiting, received, unread, id } of this.#sockets?.all() ?? []) {
      if (isListening) isEmpty &&= waiting === 0;
      else {
        const { looks = 0, read } = this.#seen.get(id) ?? {};
        const now = { looks: looks + 1, read: received - unread };
        seen.set(id, now);
        isEmpty &&= looks >= (unread === 0 && now.read === read ? QUIET_LOOKS : BUSY_LOOKS); // what was just read is not begun yet
      }
    }
    this.#seen = seen;
    return isEmpty;
  }

  [Symbol.dispose](): void {
    this.#sockets?.[Symbol.dispose]();
  }
}
