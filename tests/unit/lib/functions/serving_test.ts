import { deepStrictEqual, throws } from "node:assert/strict";
import { memoryTable } from "../../../../lib/flow/memory_table.ts";
import { serving, type ServingFunction } from "../../../../lib/functions/serving.ts";

/** Gives a user's age, and makes the user older. */
function birthdays(fn: ServingFunction): ServingFunction {
  fn.setTopology("flow").to("older", async (user: string, context) => {
    const users = context.table("users");
    const row = await users.get(user);
    await users.put(user, { age: Number(row?.age ?? 0) + 1 });
    return row?.age ?? null;
  }).respond();
  return fn;
}

async function twice(fn: ServingFunction): Promise<unknown[]> {
  await using server = await fn.toMockServer();
  return [await server.test("/", "ana"), await server.test("/", "ana")];
}

Deno.test("ServingFunction.addTable() hands rows to every start anew, as they were when they were given", async () => {
  const rows = [{ user: "ana", age: 31 }];
  const fn = birthdays(serving("f")).addTable("users", rows, { key: "user" });
  rows[0]!.age = 99;
  for (let run = 0; run < 2; run++) deepStrictEqual(await twice(fn), [31, 32]);
});

Deno.test("ServingFunction.addTable() hands in a table of one's own, which stays as steps leave it", async () => {
  const users = memoryTable({ ana: { age: 31 } });
  const fn = birthdays(serving("f")).addTable("users", users);
  deepStrictEqual([await twice(fn), await twice(fn), users.get("ana")], [[31, 32], [33, 34], { age: 35 }]);
});

Deno.test("ServingFunction.addTable() takes the last table of a name; without one, there is an empty one", async () => {
  deepStrictEqual(await twice(birthdays(serving("f"))), [null, 1]);
  const fn = birthdays(serving("f")).addTable("users", { ana: { age: 1 } }).addTable("users", { ana: { age: 5 } });
  deepStrictEqual(await twice(fn), [5, 6]);
});

Deno.test("ServingFunction.addTable() refuses names and rows that are none", () => {
  throws(() => serving("f").addTable("", {}), /Cannot add a table without a name/);
  throws(() => serving("f").addTable("t", [{ k: 1 }]), /which field of a row is its key/);
  throws(() => serving("f").addTable("t", { a: 5 as never }), /it is number, not an object/);
});
