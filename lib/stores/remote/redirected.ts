import type { StoreRequest } from "./dialect.ts";
import { shownUri } from "./shown_uri.ts";

const OPEN_HEADERS = ["accept", "accept-encoding", "content-type", "range"]; // what another origin may see

/**
 * The request that a redirect asks for. Headers with secrets stay with the origin that they are meant for, and nothing goes from https to http.
 *
 * @param refuse Makes the error that says why it is not followed.
 */
export function redirected(request: StoreRequest, location: string, refuse: (why: string) => Error): StoreRequest {
  const { url: from } = request;
  const url = URL.parse(location, from);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw refuse("it redirects to what is no http or https URL");
  }
  if (from.protocol === "https:" && url.protocol === "http:") {
    throw refuse(`it redirects from https to ${shownUri(url.href)}`);
  }
  [url.username, url.password, url.hash] = ["", "", ""];
  if (url.origin === from.origin) return { ...request, url };
  return {
    ...request,
    url,
    headers: new Headers([...request.headers].filter(([name]) => OPEN_HEADERS.includes(name))),
  };
}
