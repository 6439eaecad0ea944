import { rejects } from "node:assert/strict";
import { Pace, pause } from "../../../../../lib/deploy/nuclio/pace.ts";

Deno.test("pause() ends with the reason of who gives it up, before it and in it", async () => {
  const stop = new AbortController();
  const waiting = pause(60_000, stop.signal);
  stop.abort(new Error("enough"));
  await rejects(waiting, /^Error: enough$/);
  await rejects(async () => await pause(0, stop.signal), /^Error: enough$/);
  await rejects(new Pace(Infinity, stop.signal).wait(), /^Error: enough$/);
});
