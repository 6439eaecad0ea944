/** A URL as messages tell it: without user and password, and without what a query or a fragment may hold. A plain path stays. */
export function shownUri(uri: string): string {
  const [, scheme, slashes = "", host = "", path = "", query = ""] =
    /^([a-z][a-z0-9+.-]+:)(\/{0,2})([^/?#]*)([^?#]*)(.*)$/is.exec(uri) ?? [];
  if (scheme === undefined) return uri;
  const isPassword = /:(?!\d*$)/.test(host) && path.includes("@"); // with an unencoded slash, which seems to begin the path
  const place = isPassword ? path.slice(path.lastIndexOf("@") + 1) : host.slice(host.lastIndexOf("@") + 1) + path;
  return `${scheme}${slashes}${place}${query === "" ? "" : "?…"}`;
}
