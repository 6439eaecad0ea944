const SEGMENTS = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** What takes two columns of a terminal: emoji and the scripts of East Asia. */
const BROAD =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{20000}-\u{3fffd}]/u;

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of SEGMENTS.segment(text)) width += BROAD.test(segment) ? 2 : 1;
  return width;
}

/** The text with spaces up to a width: behind it, or before it where the width is below zero. */
export function padTo(text: string, width: number): string {
  const spaces = " ".repeat(Math.max(0, Math.abs(width) - widthOf(text)));
  return width < 0 ? spaces + text : text + spaces;
}

/** The first letters of a text, with a sign that there were more. */
export function cut(text: string, letters: number): string {
  if (text.length <= letters) return text;
  const kept: string[] = [];
  for (const { segment } of SEGMENTS.segment(text.slice(0, letters * 12))) {
    if (kept.length === letters) return `${kept.slice(0, -1).join("")}…`;
    kept.push(segment);
  }
  return kept.join("");
}
