import { strictEqual, throws } from "node:assert/strict";
import { hostname, userInfo } from "node:os";
import { whoActs } from "../../../../../lib/streams/letters/who_acts.ts";

Deno.test("whoActs() is who says so, else the user of this machine", () => {
  strictEqual(whoActs("ann"), "ann");
  strictEqual(whoActs(undefined), `${userInfo().username}@${hostname()}`);
  for (const by of ["", " ", "x".repeat(201), "\ud800", 5]) {
    throws(() => whoActs(by as string), {
      name: "StreamError",
      message: /^Cannot act on dead letters as .*: by is the /,
    });
  }
});

Deno.test({
  name: "whoActs() of a program that may not ask is unknown",
  permissions: { sys: false },
  fn: () => strictEqual(whoActs(undefined), "unknown@unknown"),
});
