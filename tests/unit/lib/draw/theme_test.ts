import { match, strictEqual } from "node:assert/strict";
import { onPaper, scrolling, themed } from "../../../../lib/draw/theme.ts";
import { table } from "../../../../lib/draw/table.ts";

Deno.test("themed() follows the notebook's theme before the reader's wish", () => {
  const rules = themed(".x").split("\n");
  strictEqual(rules.length, 4);
  match(rules[0]!, /^\.x\{--ink:currentColor;/);
  match(rules[1]!, /^@media \(prefers-color-scheme:dark\)\{\.x\{/);
  match(rules[2]!, /^body\[data-jp-theme-light="true"\] \.x,body\.vscode-light \.x\{/);
  match(rules[3]!, /^body\[data-jp-theme-light="false"\] \.x,body\.vscode-dark \.x\{/);
});

Deno.test("onPaper() brings paper for light and for dark", () => {
  match(
    onPaper(".x"),
    /\.x\{color:#\w+;background:var\(--paper\)\}\n@media \(prefers-color-scheme:dark\)\{\.x\{color:/,
  );
});

Deno.test("scrolling() shows that something scrolls, and a table has it", () => {
  match(scrolling(".x"), /^\.x\{overflow-x:auto\}\n\.x::-webkit-scrollbar\{/);
  match(table([{ a: 1 }]).html, /\.levada-table::-webkit-scrollbar-thumb\{/);
});
