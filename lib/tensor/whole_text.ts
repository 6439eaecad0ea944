/**
 * A text that bytes can hold. Half a character would become another one, U+FFFD, without a word; JSON alone keeps it, escaped.
 *
 * @param act What is done with it: "send the reply as text".
 * @throws {TypeError} If it has half a surrogate pair, naming the first and its place.
 */
export function wholeText(text: string, act: string): string {
  if (text.isWellFormed()) return text;
  const at = text.search(/\p{Surrogate}/u);
  const half = `\\u${text.charCodeAt(at).toString(16)}`;
  throw new TypeError(
    `Cannot ${act}: its letter ${half} at ${at} is half of a surrogate pair, whose other half does not come next to it`,
  );
}
