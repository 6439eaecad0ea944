import { match, ok, strictEqual } from "node:assert/strict";
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

/** The colours of a set of rules, by name, as red, green, blue and how opaque they are. */
function coloursOf(rules: string): Map<string, number[]> {
  return new Map([...rules.matchAll(/--(\w+):#([0-9a-f]{3,8})/g)].map(([, name, hex]) => {
    const digits = hex!.length === 3 ? hex!.replaceAll(/./g, "$&$&") : hex!;
    const [red, green, blue, opaque = 255] = digits.match(/../g)!.map((pair) => parseInt(pair, 16));
    return [name!, [red!, green!, blue!, opaque / 255]];
  }));
}

Deno.test("themed() keeps a queue the colour of sand in the box of every function", () => {
  for (const rules of themed(".x").split("\n").slice(0, 2)) {
    const colours = coloursOf(rules);
    const paper = colours.get("paper") ?? [];
    for (const hue of [0, 1, 2, 3, 4]) {
      const [red, , blue] = [`f${hue}`, "queue"].reduce((below, name) => {
        const colour = colours.get(name)!;
        return below.map((part, index) => part * (1 - colour[3]!) + colour[index]! * colour[3]!);
      }, paper.slice(0, 3));
      ok(red! - blue! > 24, `f${hue}: red ${red}, blue ${blue}`);
    }
  }
});
