import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert/strict";
import { table } from "../../../../lib/draw/table.ts";

/** The table element alone, without the style before it. */
function body(html: string): string {
  return html.slice(html.indexOf("</style>") + "</style>".length).replace("</div>", "");
}

Deno.test("table() shows rows as HTML and text, numbers to the right", () => {
  const shown = table([{ name: "setosa", hits: 50 }, { name: "virginica", hits: 7 }], { caption: "Hits" });
  strictEqual(shown.text, "Hits\nname       hits\nsetosa       50\nvirginica     7");
  strictEqual(
    body(shown.html),
    `<p class="caption">Hits</p><table aria-label="Hits"><thead><tr><th>name</th><th class="number">hits</th></tr></thead><tbody>` +
      `<tr><td>setosa</td><td class="number">50</td></tr><tr><td>virginica</td><td class="number">7</td></tr></tbody></table>`,
  );
});

Deno.test("table() lets only columns of long texts wrap, and those not to a few letters", () => {
  const long = "a text of more than twenty-four letters";
  const { html } = table([{ step: "published", received: "short", lines: "a\nb" }, { step: "b", received: long }]);
  deepStrictEqual([...body(html).matchAll(/<(th|td)( class="long")?>/g)].map(([, , kind]) => kind !== undefined), [
    ...[false, true, true], // the names, which never wrap
    ...[false, true, true],
    ...[false, true, true],
  ]);
  match(html, /:is\(th,td\)\{[^}]*;white-space:pre;overflow-wrap:normal;/);
  match(html, / td\.long\{white-space:pre-wrap;[^}]*min-width:14em;/);
});

Deno.test("table() answers the notebook with both forms", () => {
  const shown = table([{ a: 1 }]) as unknown as Record<symbol, () => Record<string, unknown>>;
  const bundle = shown[Symbol.for("Jupyter.display")]!();
  deepStrictEqual(Object.keys(bundle), ["text/html", "text/plain"]);
  strictEqual(bundle["text/plain"], "a\n1");
});

Deno.test("table() escapes every text", () => {
  const { html, text } = table([{ "<k>": `<script>alert("1")</script>` }], { caption: "<c>" });
  ok(!body(html).includes("<script>") && !body(html).includes("<k>") && !body(html).includes("<c>"));
  strictEqual(table([{ a: "x\x1b[2J\ny" }]).text, "a\nx\ufffd[2J y");
  ok(text.includes("<script>"));
});

Deno.test("table() is bounded in rows and in letters", () => {
  const rows = Array.from({ length: 1000 }, (_, index) => ({ index, text: "x".repeat(10_000) }));
  const { html, text } = table(rows, { maxRows: 2 });
  strictEqual(html.match(/<tr>/g)?.length, 3);
  ok(html.length < 3_000 && text.endsWith("and 998 more rows"));
  ok(table(rows.slice(0, 3), { maxRows: 2 }).text.endsWith("and 1 more row"));
});

Deno.test("table() shows the columns that it is asked for, missing fields empty", () => {
  strictEqual(table([{ a: 1, b: 2 }, { a: null }], { columns: ["b", "a"] }).text, "b  a\n2  1\n");
});

Deno.test("table() without rows says so", () => {
  strictEqual(table([]).text, "\nno rows");
});

Deno.test("table() shows every kind of value", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const values = [0.1 + 0.2, 1e21, NaN, 12n, true, new Date(0), new Date(NaN), [1, { a: "b" }], Symbol("s"), circular];
  deepStrictEqual(
    values.map((value) => table([{ value }]).text.split("\n")[1]!.trim()),
    [
      "0.3",
      "1e+21",
      "NaN",
      "12",
      "true",
      "1970-01-01T00:00:00.000Z",
      "Invalid Date",
      `[ 1, { a: "b" } ]`,
      "Symbol(s)",
      "<ref *1> { self: [Circular *1] }",
    ],
  );
});

Deno.test("table() keeps columns straight under wide letters", () => {
  strictEqual(table([{ a: "水路", b: "x" }, { a: "ab", b: "y" }]).text, "a     b\n水路  x\nab    y");
});

Deno.test("table() refuses a number of rows that is none", () => {
  throws(() => table([], { maxRows: -1 }), /Cannot show -1 rows: maxRows is a whole number, 0 or more/);
});

interface Hit {
  readonly model: string;
  readonly right: number;
}

Deno.test("table() takes rows of an interface", () => {
  const hits: readonly Hit[] = [{ model: "m1", right: 147 }];
  strictEqual(table(hits).text, "model  right\nm1       147");
});
