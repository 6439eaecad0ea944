import { deepStrictEqual } from "node:assert/strict";
import { ToldCauses } from "../../../../lib/flow/told_causes.ts";

Deno.test("ToldCauses.isNew() knows a cause again, whatever was made of it, and takes no two for one", () => {
  const told = new ToldCauses();
  const cause = new Error("locked");
  const within = (error: Error) => new Error("cannot settle", { cause: error });
  const seen = [cause, cause, within(cause), within(within(cause)), new Error("locked"), "locked", "locked"];
  deepStrictEqual(seen.map((error) => told.isNew(error)), [true, false, false, false, true, true, true]);
});
