import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { bundleOf, textOf } from "../../../../kernel/show/bundle.ts";

const DISPLAY = Symbol.for("Jupyter.display");

Deno.test("bundleOf() shows any value as text without colours", async () => {
  deepStrictEqual(await bundleOf({ a: [1, "x"] }), { "text/plain": '{ a: [ 1, "x" ] }' });
  deepStrictEqual(await bundleOf(null), { "text/plain": "null" });
  match((await bundleOf(new RangeError("no")))["text/plain"] as string, /^RangeError: no/);
});

Deno.test("bundleOf() asks the value's own method, also on functions, and adds text", async () => {
  const bundle = { "text/html": "<b>x</b>", "text/plain": "x" };
  deepStrictEqual(await bundleOf({ [DISPLAY]: () => bundle }), bundle);
  deepStrictEqual(await bundleOf({ [DISPLAY]: () => Promise.resolve(bundle) }), bundle);
  class Shown {
    static [DISPLAY] = () => ({ "text/html": "class" });
  }
  deepStrictEqual(await bundleOf(Shown), { "text/html": "class", "text/plain": textOf(Shown) });
  deepStrictEqual(await bundleOf({ [DISPLAY]: () => ({}) }), {});
});

Deno.test("bundleOf() falls back to text and says so when a method or getter throws", async () => {
  const thrower = () => {
    throw new Error("broken");
  };
  match((await bundleOf({ [DISPLAY]: thrower }))["text/plain"] as string, /cannot be shown otherwise: broken/);
  match((await bundleOf({ [DISPLAY]: () => 5 }))["text/plain"] as string, /gave number/);
  match((await bundleOf(Object.defineProperty({}, "outerHTML", { get: thrower })))["text/plain"] as string, /broken/);
  ok((await bundleOf(new Proxy({}, { get: thrower, ownKeys: thrower, getPrototypeOf: thrower })))["text/plain"]);
  match(
    (await bundleOf({ [Symbol.for("Deno.customInspect")]: thrower }))["text/plain"] as string,
    /cannot be inspected: broken/,
  );
});

Deno.test("bundleOf() knows pictures, elements and tables by their form", async () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1);
  deepStrictEqual(await bundleOf(png), { "image/png": png.toBase64(), "text/plain": "image/png, 9 bytes" });
  deepStrictEqual(Object.keys(await bundleOf(Uint8Array.of(1, 2))), ["text/plain"]);
  deepStrictEqual(Object.keys(await bundleOf({ outerHTML: "<svg></svg>" })), [
    "image/svg+xml",
    "text/html",
    "text/plain",
  ]);
  deepStrictEqual(Object.keys(await bundleOf({ outerHTML: "<p></p>" })), ["text/html", "text/plain"]);
  const table = await bundleOf([{ name: "<b>", n: 1 }, { name: "y", n: 2 }]);
  match(table["text/html"] as string, /&lt;b>|&lt;b&gt;/);
  match(table["text/plain"] as string, /name/);
});

Deno.test("bundleOf() bounds what it shows", async () => {
  const text = textOf("x".repeat(5_000_000));
  ok(text.length < 200_000, `${text.length}`);
  const rows = await bundleOf(Array.from({ length: 100_000 }, (_, i) => ({ i })));
  ok((rows["text/html"] as string).length < 500_000);
  ok((rows["text/plain"] as string).length < 200_000);
  strictEqual((await bundleOf(Array.from({ length: 1_000_000 }, () => 0)))["text/html"], undefined);
});
