/** The clock of `levada/testing`, by the name that older tests use. */

export { settle, TestClock as ManualClock } from "../../lib/testing/test_clock.ts";
