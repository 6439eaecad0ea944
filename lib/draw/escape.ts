const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
/** What XML cannot hold: control characters, non-characters, halves of surrogate pairs. */
const UNWRITABLE = /[^\P{Cc}\t\n\r]|[\ufffe\uffff]|\p{Cs}/gu;

/** Text as HTML and XML show it; what XML cannot hold becomes the replacement character. */
export function escapeText(text: string): string {
  return text.replaceAll(UNWRITABLE, "\ufffd").replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}
