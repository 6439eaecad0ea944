import type { StreamClock } from "../../lib/streams/stream_clock.ts";
import { TestClock } from "../../lib/testing/test_clock.ts";

/** A clock that goes on as a `TestClock`, and may be set as a machine's is; its timers run after so long, whatever it says. */
export class SetClock extends TestClock implements StreamClock {
  /** What is added to the time. */
  setMs = 0;

  override now(): number {
    return super.now() + this.setMs;
  }
}
