/** Which texts of a graph's data are secrets: those stand in no document, and are read where the graph runs. */

import { HIDDEN, hideForms, mapUserinfo } from "../redact_text.ts";
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

/** A text as a document may hold it: `***` in the place of what is written out, references stay. */
export function withoutLiterals(text: string, { named, byName }: TextPlace): string {
  if (isSecretValue(text, named) && !hasReference(text)) return HIDDEN;
  const formless = hideForms(text);
  if (formless === HIDDEN && text !== HIDDEN) return LEFT_OUT;
  return mapUserinfo(formless, withoutPassword)
    .replace(/^(Token|ApiKey|Negotiate|SharedKey)(\s+)(?=\S*\d)[^\s$]{6,}$/i, `$1$2${HIDDEN}`)
    .replace(/^(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{4,}$/i, `$1$2${HIDDEN}`)
    .replaceAll(/([?&;]?)([\w.-]{1,100})=([^\s&"'<>,;#?=]+)/g, (whole, mark: string, name: string, value: string) => {
      return isSecretValue(value, calledAt(mark, name, byName)) && !hasReference(value)
        ? `${mark}${name}=${HIDDEN}`
        : whole;
    });
}

/** Whether a text is what a document has in the place of a secret; `***` is, only where a secret stands by its name. */
export function isLeftOut(text: string, { named, byName }: TextPlace): boolean {
  return text === LEFT_OUT || (text === HIDDEN && named !== undefined) ||
    /\w:\/\/[^\s/?#@]*(?<=[:/])\*\*\*@|^(Bearer|Basic|Token|ApiKey|Negotiate|SharedKey)\s+\*\*\*$/i.test(text) ||
    [...text.matchAll(/([?&;]?)([\w.-]{1,100})=\*\*\*(?=$|[\s&"'<>,;#])/g)].some(([, mark = "", name = ""]) =>
      calledAt(mark, name, byName) !== undefined
    );
}

/** What stands in a document where a text was known by its form alone: `***` may be meant there. */
const LEFT_OUT = "*** (a secret was here)";

/** What a text is by its own name, and whether names within it tell: `password=…` of a connection. */
interface TextPlace {
  readonly named: NamedSecret;
  readonly byName: boolean;
}

function calledAt(mark: string, name: string, byName: boolean): NamedSecret {
  return mark === "?" || mark === "&" ? namedInQuery(name) : byName ? namedSecret(name) : undefined;
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

/** A user stays, a password does not; one word alone is a token where it is long. */
function withoutPassword(userinfo: string): string {
  const colon = userinfo.indexOf(":");
  const secret = userinfo.slice(colon + 1);
  if (isOnlyReferences(secret) || (colon === -1 && secret.length < SHORTEST_TOKEN)) return userinfo;
  return `${userinfo.slice(0, colon + 1)}${HIDDEN}`;
}

const SHORTEST_TOKEN = 20; // shorter ones are users, and containers of stores

function isOnlyReferences(text: string): boolean {
  return text.replaceAll(REFERENCE, "") === "";
}
