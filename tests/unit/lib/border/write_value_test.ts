import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { isJson } from "../../../../lib/border/is_json.ts";
import { readValue } from "../../../../lib/border/read_value.ts";
import { writeValue } from "../../../../lib/border/write_value.ts";
import { CROSSING, REFUSED } from "../../../support/border_values.ts";
import { randomFrom } from "../../../support/random.ts";

Deno.test("writeValue() writes what readValue() reads as the same; plain JSON is JSON", () => {
  for (const [title, value] of Object.entries(CROSSING)) {
    const { text, isJson: isPlain } = writeValue(value, "send it");
    deepStrictEqual(isPlain ? JSON.parse(text) : readValue(text), value, title);
    deepStrictEqual(readValue(writeValue(value, "send it", { isTyped: true }).text), value, title);
  }
  const plain = Object.keys(CROSSING).filter((title) => writeValue(CROSSING[title], "send it").isJson);
  deepStrictEqual(plain, [
    "plain JSON",
    "text, null, numbers, booleans",
    "-0 alone",
    "halves of characters",
    "a name that is a word",
    "a name __proto__",
    "as deep as it may",
  ]);
});

Deno.test("writeValue() refuses what would come out as something else, and names the place", () => {
  for (const [title, [value, said]] of Object.entries(REFUSED)) {
    throws(() => writeValue(value, "send it"), (error: Error) => {
      ok(error instanceof TypeError, title);
      ok(said.test(error.message), `${title}: ${error.message}`);
      ok(error.message.startsWith("Cannot send it: $"), error.message);
      return true;
    });
  }
});

Deno.test("writeValue() takes what toJSON says where it is told to, but for dates and tensors", () => {
  const value = { price: { amount: 5n }, at: new Date(0), of: new URL("http://localhost/a") };
  const { text } = writeValue(value, "send it", { takesToJson: true });
  deepStrictEqual(readValue(text), { ...value, of: "http://localhost/a" });
});

Deno.test("isJson() tells the same as writing tells, for values of every kind", () => {
  const random = randomFrom(7);
  const leaves = [1, -0, 0, NaN, "x", "", null, true, undefined, 5n, new Date(0), new Uint8Array(1), new Map(), []];
  const make = (depth: number): unknown => {
    if (depth === 0 || random() < 0.5) return leaves[Math.floor(random() * leaves.length)];
    const items = Array.from({ length: Math.floor(random() * 4) }, () => make(depth - 1));
    return random() < 0.5
      ? items
      : Object.fromEntries(items.map((item, index) => [["a", "$b", "__proto__", "d"][index], item]));
  };
  let plain = 0;
  for (let round = 0; round < 3_000; round++) {
    const value = make(4);
    const written = writeValue(value, "send it");
    deepStrictEqual(written.isJson ? JSON.parse(written.text) : readValue(written.text), value);
    if (isJson(value)) {
      plain += 1;
      deepStrictEqual([written.isJson, written.text], [true, JSON.stringify(value)]);
    }
  }
  ok(plain > 300 && plain < 2_700, `${plain} of 3,000 are plain`);
});
