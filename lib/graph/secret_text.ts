/** Which texts of a graph's data are secrets: those stand in no document, and are read where the graph runs. */

import { HIDDEN, hideForms } from "../redact_text.ts";
import { isSecretValue, namedInQuery, type NamedSecret, namedSecret } from "./secret_name.ts";

const REFERENCE = /\$\{([^{}]*)\}/g;

/** Whether a text has a secret's name in the place of the secret: `Bearer ${TOKEN}`. */
export function hasReference(text: string): boolean {
  return text.search(REFERENCE) !== -1;
}

/** A text with each secret by its name, read by `read`. */
export function filled(text: string, read: (name: string) => string): string {
  return text.replace(REFERENCE, (_, name: string) => read(name));
}

/**
 * A text as a document may hold it: `***` in the place of what is written out, references stay.
 *
 * @param by What it may be by its own name, and whether names within it tell: `password=…` of a connection.
 */
export function withoutLiterals(
  text: string,
  { named, byName }: { readonly named: NamedSecret; readonly byName: boolean },
): string {
  if (isSecretValue(text, named) && !hasReference(text)) return HIDDEN;
  return hideForms(text)
    .replace(/^(Token|ApiKey|Negotiate|SharedKey)(\s+)(?=\S*\d)[^\s$]{6,}$/i, `$1$2${HIDDEN}`)
    .replace(/^(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{4,}$/i, `$1$2${HIDDEN}`)
    .replaceAll(
      /(\w:\/\/[^\s/?#:@]{0,500}:)([^\s/?#]{1,500})@/g,
      (whole, before: string, password: string) => isOnlyReferences(password) ? whole : `${before}${HIDDEN}@`,
    )
    .replaceAll(
      /(\w:\/\/)([^\s/?#:@]{20,500})@/g,
      (whole, before: string, token: string) => isOnlyReferences(token) ? whole : `${before}${HIDDEN}@`,
    )
    .replaceAll(/([?&;]?)([\w.-]{1,100})=([^\s&"'<>,;#?=]+)/g, (whole, mark: string, name: string, value: string) => {
      const isInQuery = mark === "?" || mark === "&";
      const called = isInQuery ? namedInQuery(name) : byName ? namedSecret(name) : undefined;
      return isSecretValue(value, called) && !hasReference(value) ? `${mark}${name}=${HIDDEN}` : whole;
    });
}

/** Whether a text is what a document has in the place of a secret. */
export function isLeftOut(text: string): boolean {
  return text === HIDDEN ||
    /[:/]\*\*\*@|=\*\*\*(?=$|[\s&"'<>,;#])|^(Bearer|Basic|Token|ApiKey|Negotiate|SharedKey)\s+\*\*\*$/i.test(text);
}

/** Whether a URL has references where credentials stand: before its host, as a value of its query that is called so, as all of that. */
export function refersInUrl(text: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text)) return false;
  const [, userinfo = ""] = /:\/\/([^/?#]*)@/.exec(text) ?? [];
  if (hasReference(userinfo)) return true;
  const [, query = ""] = /\?([^#]*)/.exec(text) ?? [];
  return query.split("&").some((part) => {
    const [name = "", value] = part.split("=");
    return value === undefined ? hasReference(name) : hasReference(value) && namedInQuery(name) !== undefined;
  });
}

function isOnlyReferences(text: string): boolean {
  return text.replaceAll(REFERENCE, "") === "";
}
