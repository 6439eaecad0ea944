const BEHIND_SCHEME = 8; // "https://" is the longest that a server is asked by
// What a URL does not keep as it is: characters that it encodes, backslashes, and the segments `.` and `..`.
const NEEDS_READING = /[^\x21-\x7e]|["<>\\^`{}]|\/(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * The path of a request's URL, as `new URL(url).pathname` gives it, without the work that this costs where nothing is to be done.
 * A URL that is none, because its host is not one, still has its path.
 */
export function requestPath(url: string): string {
  const start = url.indexOf("/", BEHIND_SCHEME);
  if (start < 0) return "/";
  let end = start;
  while (end < url.length) {
    const code = url.charCodeAt(end);
    if (code === 0x3f || code === 0x23) break; // ? and #
    end++;
  }
  const path = url.slice(start, end);
  return NEEDS_READING.test(path) ? new URL(`http://x${path}`).pathname : path;
}
