/** The content type of JSON in which objects of one name that begins with `$` are values that JSON has no word for. */
export const LEVADA_JSON = "application/vnd.levada+json";

/** How deep lists and objects stand in each other at most, in the text: JSON readers elsewhere give up at about this depth. */
export const DEEPEST = 500;

/** The longest integer that is taken, in digits: to read a longer one takes time that grows faster than it does. */
export const MOST_DIGITS = 10_000;

/** Tells whether a content type is that of `LEVADA_JSON`, whatever parameters it has. */
export function isLevadaJson(contentType: string): boolean {
  return contentType.split(";", 1)[0]!.trim().toLowerCase() === LEVADA_JSON;
}
