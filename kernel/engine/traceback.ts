/** What a person reads of a failure: its name and message, the cell's line with a mark, and the way there. */

import type { Position } from "../language/positions.ts";
import type { Described, Frame } from "./carried.ts";
import type { CellFailure } from "./engine.ts";

/** The cells whose lines can be quoted, by run. */
export type Sources = ReadonlyMap<string, string>;

const FRAMES = 20; // deeper than that nobody reads
const NEAR_SIGNS = 80; // of a long line, on each side of the mark

/** The failure that an error of the engine process makes. */
export function failureOf(error: Described, sources: Sources): CellFailure {
  return { name: error.name, message: error.message, traceback: lines(error, sources, 0) };
}

/** The failure of a cell that is not TypeScript. */
export function syntaxFailure(message: string, code: string, position: Position): CellFailure {
  const quoted = quote(code, position.line + 1, position.column + 1);
  return { name: "SyntaxError", message, traceback: [`SyntaxError: ${message}`, ...quoted] };
}

function lines({ name, message, frames, causes }: Described, sources: Sources, depth: number): string[] {
  const shown = frames.slice(0, FRAMES);
  const place = shown.find(({ execution }) => execution !== undefined && sources.has(execution));
  return [
    `${depth === 0 ? "" : "Caused by "}${name}${message === "" ? "" : `: ${message}`}`,
    ...(place === undefined ? [] : quote(sources.get(place.execution!)!, place.line, place.column)),
    ...shown.map(at),
    ...causes.flatMap((cause) => lines(cause, sources, depth + 1)),
  ];
}

function at({ name, place, line, column }: Frame): string {
  return `    at ${name === "" ? "" : `${name} `}${name === "" ? "" : "("}${place}:${line}:${column}${
    name === "" ? "" : ")"
  }`;
}

/** The line of a cell with a mark under the column; both count from 1, columns in UTF-16 units. */
function quote(code: string, line: number, column: number): string[] {
  const text = code.split("\n")[line - 1];
  if (text === undefined) return [];
  const number = `${line} | `;
  const { before, after } = around(text, column - 1);
  return [`${number}${before}${after}`, `${" ".repeat(number.length)}${[...before].map(blankFor).join("")}^`];
}

/** A line in two at its column; of a very long one (data, or code that a tool has packed) only what is near. */
function around(text: string, index: number): { readonly before: string; readonly after: string } {
  const [before, after] = [[...text.slice(0, index)], [...text.slice(index)]];
  if (before.length + after.length <= 2 * NEAR_SIGNS) return { before: before.join(""), after: after.join("") };
  return {
    before: `${before.length > NEAR_SIGNS ? "…" : ""}${before.slice(-NEAR_SIGNS).join("")}`,
    after: `${after.slice(0, NEAR_SIGNS).join("")}${after.length > NEAR_SIGNS ? "…" : ""}`,
  };
}

// East Asian scripts and emoji take two columns of a fixed-width font, marks that combine take none (Unicode TR 11)
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60]/u;
const COMBINING = /\p{Mn}/u;

/** Blank space as wide as a character. */
function blankFor(character: string): string {
  if (character === "\t") return "\t";
  if (COMBINING.test(character)) return "";
  return WIDE.test(character) ? "  " : " ";
}
