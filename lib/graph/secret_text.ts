/** Which texts of a graph's data are secrets: those stand in no document, and are read where the graph runs. */

import { HIDDEN, hideForms, isSecretName, wordsOf } from "../redact_text.ts";

/** What tells where a secret is, or how much there may be, and is none itself: `passwordFile`, `tokenUrl`, `maxTokens`. */
const ABOUT =
  /(^|-)(file|path|dir|folder|name|url|uri|ref|env|variable|header|field|column|type|kind|format|algorithm|length|size|limit|count|ttl|ms|seconds)s?$|(?<!^(access|api|auth|bearer|refresh)-)tokens$/;
const QUERY_NAMES = /^(sig|key|code)$/i; // in a query these are secrets too: of stores, of functions
const REFERENCE = /\$\{([^{}]*)\}/g;

/** Whether an argument that is called so is a secret itself. */
export function isSecretArgument(name: string): boolean {
  return isSecretName(name) && !ABOUT.test(wordsOf(name));
}

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
 * @param isSecret Whether it is one by what it is called.
 */
export function withoutLiterals(text: string, isSecret: boolean): string {
  if (isSecret && text !== "" && !hasReference(text)) return HIDDEN;
  return hideForms(text)
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
      const isNamed = isSecretArgument(name) || (mark !== "" && mark !== ";" && QUERY_NAMES.test(name));
      return isNamed && !hasReference(value) ? `${mark}${name}=${HIDDEN}` : whole;
    });
}

/** Whether a text is what a document has in the place of a secret. */
export function isLeftOut(text: string): boolean {
  return text === HIDDEN || /[:/]\*\*\*@|=\*\*\*(?=$|[\s&"'<>,;#])|^(Bearer|Basic)\s+\*\*\*$/i.test(text);
}

/** Whether a URL has references where credentials stand: before its host, as a value of its query that is called so, as all of that. */
export function refersInUrl(text: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text)) return false;
  const [, userinfo = ""] = /:\/\/([^/?#]*)@/.exec(text) ?? [];
  if (hasReference(userinfo)) return true;
  const [, query = ""] = /\?([^#]*)/.exec(text) ?? [];
  return query.split("&").some((part) => {
    const [name = "", value] = part.split("=");
    return value === undefined
      ? hasReference(name)
      : hasReference(value) && (isSecretArgument(name) || QUERY_NAMES.test(name));
  });
}

function isOnlyReferences(text: string): boolean {
  return text.replaceAll(REFERENCE, "") === "";
}
