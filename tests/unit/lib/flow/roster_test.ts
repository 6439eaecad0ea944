import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type Listed, Roster } from "../../../../lib/flow/roster.ts";

interface Guest extends Listed<Guest> {
  readonly name: string;
}

function guests(names: string): Guest[] {
  return [...names].map((name) => ({ name, earlier: undefined, later: undefined }));
}

function present(roster: Roster<Guest>): string {
  let names = "";
  for (let guest = roster.first; guest !== undefined; guest = guest.later) names += guest.name;
  return names;
}

Deno.test("Roster keeps the order in which items came, whoever leaves", () => {
  const [a, b, c, d] = guests("abcd") as [Guest, Guest, Guest, Guest];
  const roster = new Roster<Guest>();
  for (const guest of [a, b, c, d]) roster.add(guest);
  const seen = [present(roster)];
  for (const gone of [b, a, d]) {
    roster.delete(gone);
    seen.push(present(roster));
  }
  roster.add(b);
  seen.push(present(roster));
  deepStrictEqual(seen, ["abcd", "acd", "cd", "c", "cb"]);
});

Deno.test("Roster leaves alone who is not there, and what is gone holds nothing", () => {
  const [a, b, stranger] = guests("abx") as [Guest, Guest, Guest];
  const roster = new Roster<Guest>();
  roster.add(a);
  roster.delete(stranger);
  roster.delete(a);
  roster.delete(a);
  strictEqual(roster.first, undefined);
  roster.add(b);
  roster.delete(a);
  deepStrictEqual([present(roster), a.earlier, a.later], ["b", undefined, undefined]);
});
