/** What an argument may be by its name: a secret, or what only is called like one. */

import { isPass, isSecretName, QUERY_NAMES, wordsOf } from "../redact_text.ts";

/**
 * What tells where a secret is, or how much there may be, and is none itself: `passwordFile`, `tokenUrl`, `maxTokens`. Nor are `tokens` as
 * arguments: they are a text's, or how many; `accessTokens` are secrets.
 */
const ABOUT =
  /(^|-)(file|path|dir|folder|name|url|uri|ref|env|variable|header|field|column|type|kind|format|algorithm|length|size|limit|count|ttl|ms|seconds)s?$|(?<!^(access|api|auth|bearer|refresh)-)tokens$/;
/** Names of what is a token of a text, or of the next page, or how many there are, and of what a model takes and gives. */
const OF_MODELS =
  /(^|-)(eos|bos|pad|unk|sep|cls|mask|max|min|num|start|end|stop|special|next|previous|page|continuation)-tokens?$|(?<!(^|-)x-.*)(^|-)signature$/;
/** Whose keys are of the author's making: columns, words, names of fields. */
const MAPPED = /(^|-)(columns?|features?|labels?|categories|vocabulary|schema|mapping|types?|weights)$/;
/** Whatever stands there is a secret, and be it short. */
const ALWAYS = /authorization|cookie|passw|passphrase|pwd|secret|credential/;
const SHORTEST_SECRET = 6;
/** What says how one is let in, and is no secret. */
const HARMLESS =
  /^(none|null|undefined|no|yes|true|false|on|off|auto|any|anonymous|default|optional|required|disabled|enabled|basic|bearer|digest|negotiate|api-?key|oauth2?|header|query|cookie|include|omit|same-origin)$/i;
/** What an argument may be by its name: `always` a secret, or a secret where its value `looks` like one. */
export type NamedSecret = "always" | "looks" | undefined;

/** What an argument that is called so may be. */
export function namedSecret(name: string): NamedSecret {
  const words = wordsOf(name);
  if (!(isSecretName(name) || isPass(name)) || ABOUT.test(words) || OF_MODELS.test(words)) return undefined;
  return ALWAYS.test(words) ? "always" : "looks";
}

/** Whether the keys of what is called so are names of columns and words, which tell of no secrets. */
export function isMapped(name: string): boolean {
  return MAPPED.test(wordsOf(name));
}

/** Whether a value is a secret where its name says that it may be one. */
export function isSecretValue(value: string | number, named: NamedSecret): boolean {
  if (named === undefined || value === "") return false;
  if (typeof value === "number") return named === "always";
  return !HARMLESS.test(value) && (named === "always" || value.length >= SHORTEST_SECRET);
}

/** What a value of a URL's query may be by its name. */
export function namedInQuery(name: string): NamedSecret {
  return namedSecret(name) ?? (QUERY_NAMES.test(name) ? "looks" : undefined);
}
