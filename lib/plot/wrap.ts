import { widthOf } from "../draw/text_width.ts";

const WIDE = 24; // columns in a line of a box: most names fit in one, and long ones make boxes of a few lines
const LINES = 5; // a longer name is cut; its tooltip has all of it

const SEGMENTS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Breaks a long name into lines: behind a space or mark, before a capital, within a word only where nothing else helps. */
export function wrapName(name: string): string[] {
  const lines: string[] = [];
  let line = "";
  let room = WIDE;
  for (const part of name.split(/(?<=[\s_\-./:\\])|(?<=\p{Ll})(?=\p{Lu})/u)) {
    const width = widthOf(part);
    if (width > room && line !== "") {
      lines.push(line);
      [line, room] = ["", WIDE];
    }
    if (width <= WIDE) {
      line += part;
      room -= width;
      continue;
    }
    for (const { segment } of SEGMENTS.segment(part)) {
      if (widthOf(segment) > room) {
        lines.push(line);
        [line, room] = ["", WIDE];
      }
      line += segment;
      room -= widthOf(segment);
    }
  }
  if (line !== "" || lines.length === 0) lines.push(line);
  if (lines.length > LINES) lines.splice(LINES, Infinity, "…");
  return lines.map((part) => part.trim());
}

/**
 * The room that a line needs more than Graphviz thinks, which takes a letter of East Asia for five sixths of its width: as spaces that
 * stand at one of so many sides.
 */
export function roomFor(line: string, sides: 1 | 2): string {
  const wide = widthOf(line) - [...SEGMENTS.segment(line)].length;
  return "\u00a0".repeat(Math.ceil(wide / 3 / sides));
}
