/**
 * Writes a text as a header can hold it: visible ASCII as it is, anything else, `%` among it, as `%` and hexadecimal digits, which
 * `decodeURIComponent` reads. Half of a character becomes the replacement character.
 */
export function headerText(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]/gu, encodeURIComponent);
}
