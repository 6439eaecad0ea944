const WIDE = 26; // letters in a line of a box: most names fit in one, and long ones make boxes of a few lines

const SEGMENTS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Breaks a long name into lines, after a space or mark where there is one. */
export function wrapName(name: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const { segment } of SEGMENTS.segment(name.replaceAll(/\s+/g, " "))) {
    line += segment;
    const isLong = [...line].length >= WIDE;
    const isBreak = /[\s_\-./:]/.test(segment) && [...line].length >= WIDE * 0.6;
    if (isLong || isBreak) {
      lines.push(line);
      line = "";
    }
  }
  if (line !== "" || lines.length === 0) lines.push(line);
  return lines.map((part) => part.trim());
}
