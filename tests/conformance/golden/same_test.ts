import { match, ok, strictEqual } from "node:assert/strict";
import { difference, isSameText } from "./same.ts";
import { decodeSpecial } from "./special.ts";

Deno.test("difference() takes numbers within 1e-9 of each other, relatively, and no further", () => {
  strictEqual(difference(1, 0.9999999999999999), undefined);
  strictEqual(difference(1250.0, 1250), undefined);
  strictEqual(difference(1e12, 1e12 + 100), undefined);
  match(difference(1, 1.00000001) ?? "", /1.00000001 is not 1/);
  match(difference(0, 1e-12) ?? "", /is not 0/);
  match(difference(1, "1") ?? "", /"1" is not 1/);
  strictEqual(difference(NaN, NaN), undefined);
  ok(difference(NaN, null));
});

Deno.test("difference() takes probabilities within 1e-5, never labels", () => {
  const options = { probabilities: true };
  strictEqual(difference([0.25], [0.250009], options), undefined);
  ok(difference([0.25], [0.25002], options));
  ok(difference([0.25], [0.250009]));
  ok(difference([1], [2], options));
});

Deno.test("difference() names the place of what is wrong, missing or too much", () => {
  strictEqual(difference({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }), "a[1].b: 3 is not 2");
  strictEqual(difference({ a: 1 }, {}), "a is missing");
  strictEqual(difference({}, { a: 1 }), "a is too much: 1");
  ok(difference([1], [1, 2]));
  ok(difference({}, []));
  ok(difference([], {}));
  ok(difference(null, undefined));
  ok(difference(false, 0));
});

Deno.test("isSameText() lets each placeholder stand for what it names only", () => {
  ok(isSameText("<timestamp>", "2026-01-31 09:30:00.125000+00:00"));
  ok(!isSameText("<timestamp>", "yesterday"));
  ok(isSameText("at <addr>.", "at 0x7f00."));
  ok(!isSameText("at <addr>.", "at 0x7f00!"));
  ok(!isSameText("a.c", "abc"));
  ok(isSameText("<b>", "<b>"));
  ok(!isSameText("<b>", "x"));
});

Deno.test("decodeSpecial() makes bytes, NaN and tuples", () => {
  strictEqual(difference(decodeSpecial({ $bytes_hex: "fffe" }), new Uint8Array([255, 254])), undefined);
  strictEqual(difference(decodeSpecial({ $bytes: "é" }), "é"), undefined);
  ok(difference(decodeSpecial({ $bytes: "é" }), "e"));
  strictEqual(difference(decodeSpecial([{ $number: "NaN" }, { $tuple: [1, null] }]), [NaN, [1, null]]), undefined);
});
