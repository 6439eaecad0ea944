import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { xmlText, xmlTexts } from "../../../../../lib/stores/remote/xml_text.ts";

Deno.test("xmlTexts() gives what stands in each element", () => {
  const xml = '<a><Key>one</Key><Keys>no</Keys><Key/><Key x="/" /><Key Encoded="true">t&amp;wo</Key></a>';
  deepStrictEqual([...xmlTexts(xml, "Key")], ["one", "", "", "t&amp;wo"]);
  strictEqual(xmlText(xml, "None"), undefined);
});

Deno.test("xmlText() reads XML's own entities and numbers, and no others", () => {
  strictEqual(xmlText("<k>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;</k>", "k"), `<>&"'A😀`);
  strictEqual(xmlText("<k>&amp;lt; &nbsp; &bomb; &#x110000; &</k>", "k"), "&lt; &nbsp; &bomb; &#x110000; &");
});

Deno.test("xmlText() takes broken and hostile text", () => {
  for (const xml of ["", "<k>", "<k", "</k>", "<k>x", "<<<k>>", "\0"]) strictEqual(xmlText(xml, "k"), undefined);
  const bomb = `<!DOCTYPE b [<!ENTITY a "xx"><!ENTITY b "&a;&a;">]><k>&b;</k>`;
  strictEqual(xmlText(bomb, "k"), "&b;");
  const started = performance.now();
  [...xmlTexts("<k ".repeat(200_000), "k")];
  [...xmlTexts("<k>".repeat(200_000), "k")];
  strictEqual(performance.now() - started < 2000, true);
});
