import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { settle } from "./manual_clock.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Frees what nobody holds any more, so that a test can tell what is kept: a `WeakRef` holds until the turn of the event loop ends. */
export async function collectGarbage(): Promise<void> {
  await settle();
  gc();
}
