const OPEN_HEADERS = ["accept", "content-type"];
const SHORTEST_SECRET = 6; // shorter texts would hide half of a message, and are no secrets

/** A URL's user and password go as a header; gives them. */
export function takeCredentials(url: URL, own: Headers): string[] {
  const { username, password } = url;
  [url.username, url.password] = ["", ""];
  const given = [username, password, decoded(username), decoded(password)].filter((text) => text !== "");
  if (given.length > 0 && !own.has("authorization")) {
    own.set(
      "authorization",
      `Basic ${new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`).toBase64()}`,
    );
  }
  return given;
}

/** What of a request must not stand in messages: values of its query and headers, also each word of them, and encoded. */
export function* secretsOf(url: URL, own: Headers): Generator<string> {
  const texts = [...url.searchParams.values()];
  for (const [name, value] of own) if (!OPEN_HEADERS.includes(name)) texts.push(value, ...value.split(" "));
  for (const text of texts) {
    for (const form of [text, encodeURIComponent(text)]) if (form.length >= SHORTEST_SECRET) yield form;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // it was not encoded
  }
}
