/** Terminal text (streams, tracebacks) → HTML. */

import { escapeText } from "../../lib/draw/escape.ts";

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
/** ECMA-48 control sequences (8.3.117 SGR is the one with a final "m"), and OSC strings such as links and titles. */
// deno-lint-ignore no-control-regex -- these are control characters by definition
const SEQUENCE = /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]?/g;

/** Shows terminal text: eight colours, bold, dim, italic and underline as classes; all other control sequences vanish. */
export function ansiToHtml(text: string): string {
  const style = new Set<string>();
  let html = "";
  let from = 0;
  const put = (part: string) => {
    if (part === "") return;
    const shown = escapeText(part);
    html += style.size === 0 ? shown : `<span class="${[...style].join(" ")}">${shown}</span>`;
  };
  const clean = overwritten(text);
  for (const match of clean.matchAll(SEQUENCE)) {
    put(clean.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === "m") restyle(style, (match[1] ?? "").split(/[;:]/).map(Number));
  }
  put(clean.slice(from));
  return html;
}

/** Text as plain as a log line wants it: no control sequences. */
export function stripAnsi(text: string): string {
  return text.replace(SEQUENCE, "");
}

function restyle(style: Set<string>, codes: number[]): void {
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 0) style.clear();
    else if (code === 1) style.add("ansi-bold");
    else if (code === 2) style.add("ansi-dim");
    else if (code === 3) style.add("ansi-italic");
    else if (code === 4) style.add("ansi-underline");
    else if (code === 22) drop(style, "ansi-bold", "ansi-dim");
    else if (code === 23) drop(style, "ansi-italic");
    else if (code === 24) drop(style, "ansi-underline");
    else if (code === 39) drop(style, ...NAMES.map((name) => `ansi-${name}`));
    else if (code === 38 || code === 48) at += codes[at + 1] === 5 ? 2 : 4; // 256 or true colours are not shown
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
      drop(style, ...NAMES.map((name) => `ansi-${name}`));
      style.add(`ansi-${NAMES[code % 10]}`);
    }
  }
}

function drop(style: Set<string>, ...names: string[]): void {
  for (const name of names) style.delete(name);
}

/** A carriage return starts the line again: a progress bar shows only its last state. */
function overwritten(text: string): string {
  if (!text.includes("\r")) return text;
  return text.replaceAll("\r\n", "\n").split("\n").map((line) => {
    const states = line.split("\r").filter((state) => state !== "");
    return states.at(-1) ?? "";
  }).join("\n");
}
