import { deepStrictEqual, ok } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { DrivenStream } from "../../../lib/streams/driven_stream.ts";
import { type LastPiece, ResettingProxy } from "../../support/resetting_proxy.ts";

/** A broker whose connections are reset. */
export interface ResetKit {
  readonly port: number;
  /** Opens a new stream of this name at a port of this machine. */
  open(port: number, name: string): Promise<DrivenStream<number>>;
  /** Changes what the broker says, for clients that are on a port of another. */
  rewrite?(bytes: Uint8Array, port: number): Uint8Array;
  /** Behind how many pieces of a connection's beginning. Default 24: the handshake, and what opening, joining and publishing ask. */
  readonly pieces?: number;
}

const PIECES = 24;
const IN_A_ROW = 3;
const AT_ONCE = 8;
const RECORDS = 20;
const OPENINGS = 20;

/** Passes numbers over connections that are reset behind each piece of their beginning, whole or half: none is lost, and nothing is uncaught. */
export async function proveResets({ port, open, rewrite, pieces = PIECES }: ResetKit): Promise<void> {
  const uncaught: unknown[] = [];
  const hear = (event: Event) => {
    event.preventDefault();
    uncaught.push((event as ErrorEvent).error ?? (event as PromiseRejectionEvent).reason);
  };
  addEventListener("error", hear);
  addEventListener("unhandledrejection", hear);
  try {
    const moments = Array.from({ length: 2 * pieces }, (_, n) => ({ piece: n >> 1, isHalf: n % 2 === 1 }));
    while (moments.length > 0) {
      await Promise.all(
        moments.splice(0, AT_ONCE).map(async (last) => {
          await using proxy = await ResettingProxy.open(port, Array<LastPiece>(IN_A_ROW).fill(last), rewrite);
          await passNumbers(() => open(proxy.port, `reset-${crypto.randomUUID()}`));
          ok(proxy.resets > 0, `nothing was reset behind piece ${last.piece}`);
        }),
      );
    }
  } finally {
    removeEventListener("error", hear);
    removeEventListener("unhandledrejection", hear);
  }
  deepStrictEqual(uncaught, []);
}

/** Publishes numbers and reads them; opens again when opening fails, as a supervisor does. */
async function passNumbers(open: () => Promise<DrivenStream<number>>): Promise<void> {
  await using stream = await openAgain(open);
  const numbers = Array.from({ length: RECORDS }, (_, n) => n);
  const got: number[] = [];
  const subscription = await stream.subscribe({ group: "g" });
  await stream.publish(numbers.map((body) => ({ body, key: "one" })));
  while (got.length < RECORDS) {
    const { value } = await subscription.next();
    for (const { body, tries } of value!.records) if (tries === 1) got.push(body);
    await value!.ack();
  }
  deepStrictEqual(got, numbers);
}

async function openAgain(open: () => Promise<DrivenStream<number>>): Promise<DrivenStream<number>> {
  for (let times = 1;; times++) {
    try {
      return await open();
    } catch (error) {
      if (times === OPENINGS || (error as Error).name !== "StreamError") throw error;
      await pause(50);
    }
  }
}
