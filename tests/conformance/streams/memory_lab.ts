import { MemoryBroker } from "../../../lib/streams/memory/memory_broker.ts";
import { TestClock } from "../../../lib/testing/test_clock.ts";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import type { StreamLab } from "./contract.ts";

const PATH = "memory://lab";

/** A new stream in this process, on a clock of its own. */
export function openMemoryLab(options: { capacityRecords?: number } = {}): Promise<StreamLab> {
  const broker = new MemoryBroker();
  const clock = new TestClock(1_700_000_000_000);
  return Promise.resolve({
    open: <Body>() => Promise.resolve(broker.open<Body>(PATH, { clock, ...options })),
    openDeadLetters: () => Promise.resolve(broker.open(deadLetterPath(PATH), { clock })),
    crash: (stream) => stream.close(),
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    publishForeign: ({ body, headers }) =>
      broker.log(PATH).append([{ key: undefined, bytes: new TextEncoder().encode(body), headers }], {
        by: {},
        now: () => clock.now(),
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}
