const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
/** What XML cannot hold: control characters, non-characters, halves of surrogate pairs. */
const UNWRITABLE = /[^\P{Cc}\t\n\r]|[\ufffe\uffff]|\p{Cs}/gu;
/** Marks that turn the direction of all text behind them. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

/** Text as HTML and XML show it; what XML cannot hold becomes the replacement character. */
export function escapeText(text: string): string {
  return text.replaceAll(UNWRITABLE, "\ufffd").replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Text on one line, which can neither move a terminal's cursor nor turn the text around it. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(UNWRITABLE, "\ufffd").replaceAll(TURNING, "");
}
