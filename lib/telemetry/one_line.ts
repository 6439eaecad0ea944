/** A text that cannot pass for a line of its own, nor move the terminal's cursor. */
export function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex -- these are what it is about
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, escapeLetter);
}

/** A text of lines that cannot move the terminal's cursor, nor change what stands there already. */
export function plainLines(text: string): string {
  // deno-lint-ignore no-control-regex -- these are what it is about
  return text.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]/g, escapeLetter);
}

function escapeLetter(letter: string): string {
  return letter < " "
    ? JSON.stringify(letter).slice(1, -1)
    : `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
