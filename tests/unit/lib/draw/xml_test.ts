import { strictEqual } from "node:assert/strict";
import { parseHTML } from "linkedom";
import { toXml, type XmlNode } from "../../../../lib/draw/xml.ts";
import { assertXml } from "../../../support/xml.ts";

type Page = {
  document: { querySelector(query: string): XmlNode & { setAttribute(name: string, value: string): void } };
};

Deno.test("toXml() escapes text and attributes, and closes what is empty", () => {
  const { document } = parseHTML(`<svg class="a"><g/><text x="1">a &lt; b</text><!-- c --></svg>`) as unknown as Page;
  const svg = document.querySelector("svg");
  svg.setAttribute("aria-label", `<"&'>\0`);
  const xml = toXml(svg);
  strictEqual(
    xml,
    `<svg aria-label="&lt;&quot;&amp;&#39;&gt;\ufffd" class="a"><g/><text x="1">a &lt; b</text></svg>`,
  );
  assertXml(xml);
});
