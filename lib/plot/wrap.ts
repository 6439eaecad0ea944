const WIDE = 24; // letters in a line of a box: most names fit in one, and long ones make boxes of a few lines
const LINES = 5; // a longer name is cut; its tooltip has all of it

const SEGMENTS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Breaks a long name into lines: behind a space or mark, before a capital, within a word only where nothing else helps. */
export function wrapName(name: string): string[] {
  const lines: string[] = [];
  let line = "";
  let room = WIDE;
  for (const part of name.split(/(?<=[\s_\-./:\\])|(?<=\p{Ll})(?=\p{Lu})/u)) {
    const letters = [...SEGMENTS.segment(part)].map(({ segment }) => segment);
    if (letters.length > room && line !== "") {
      lines.push(line);
      [line, room] = ["", WIDE];
    }
    for (; letters.length > WIDE; letters.splice(0, WIDE)) lines.push(letters.slice(0, WIDE).join(""));
    line += letters.join("");
    room -= letters.length;
  }
  if (line !== "" || lines.length === 0) lines.push(line);
  if (lines.length > LINES) lines.splice(LINES, Infinity, "…");
  return lines.map((part) => part.trim());
}
