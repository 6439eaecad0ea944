import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { Turns } from "../../../../../lib/steps/state/turns.ts";

Deno.test("Turns.take() works at once where it can, and one after another by key where it cannot", async () => {
  const turns = new Turns();
  const done: string[] = [];
  const keep = (result: unknown) => done.push(String(result));
  strictEqual(turns.take("a", () => "at once", keep), 1);
  const later = [3, 2, 1].map((wait) =>
    turns.take("a", async () => {
      for (let turn = 0; turn < wait; turn++) await Promise.resolve();
      return wait;
    }, keep)
  );
  const behind = turns.take("a", () => "behind", keep);
  strictEqual(turns.take("b", () => "other", keep), 2);
  await Promise.all([...later, behind]);
  deepStrictEqual(done, ["at once", "other", "3", "2", "1", "behind"]);
  strictEqual(turns.take("a", () => "again", keep), 7);
});

Deno.test("Turns.take() goes on behind a failure", async () => {
  const turns = new Turns();
  const failing = rejects(turns.take("a", () => Promise.reject(new Error("no")), String) as Promise<string>, /no/);
  const next = turns.take("a", () => 5, String);
  await failing;
  strictEqual(await next, "5");
});
