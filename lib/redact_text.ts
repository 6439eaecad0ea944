/** What nobody but its owner should read, in texts that others read: log lines, replies, spans, records, why a model is not ready. */

/** What stands where a secret was. */
export const HIDDEN = "***";
/** Longer texts are cut. */
export const LONGEST_TEXT = 10_000;

/** Words in the name of what nobody but its owner should read, whatever stands between and around them. */
const SECRET_NAMES =
  /authorization|cookie|password|passwd|passphrase|secret|credential|session-?id|(api|access|account|private|signing|encryption|subscription|functions|master|shared|hmac)-?key|connection-?string|(^|-)tokens?$|(^|-)(auth|pwd|jwt|signature|sig|assertion|passcode)$/;

/** Whether what is called so is a secret: `authorization`, `x-api-key`, `dbPassword`, `ACCESS_TOKEN`. */
export function isSecretName(name: string): boolean {
  return SECRET_NAMES.test(wordsOf(name));
}

/** A name as words with `-` between: `dbPassword` is `db-password`. */
export function wordsOf(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2").replaceAll(/[\s_.]+/g, "-").toLowerCase();
}

/** Names of what is a secret in the query of a URL: of stores, of functions, of logins. */
export const QUERY_NAMES = /^(sig|signature|key|code)$/i;

/** Whether what is called so is a secret where a text stands there, and not how many passes there are. */
export function isPass(name: string): boolean {
  return /pass$/i.test(name) && /(^|-)pass$/.test(wordsOf(name));
}

/** What a text must have for one of the forms below to be in it. */
const SUSPECT =
  /bearer|basic|:\/\/|-----BEGIN|[=:]|%3D|--\w|eyJ|AKIA|ASIA|AIza|gh[a-z]_|github_pat_|xox|sk-|rk_|glpat-/i;
/** Credentials that are known by how they begin: JSON web tokens, keys of Amazon, Google, GitHub, GitLab, Slack, OpenAI and Stripe. */
const KNOWN_FORMS =
  /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*|\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}|\bgh[a-z]_\w{30,}|\bgithub_pat_\w{30,}|\bglpat-[\w-]{20,}|\bxox[a-z]-[\w-]{10,}|\brk_(live|test)_\w{10,}|\bsk[-_](live_|test_|proj-|ant-)?[A-Za-z0-9_-]{20,}/g;

/**
 * A text without what is known to be a credential by its form (`Bearer …`, `Basic …`, a URL's user and password, a private key, a
 * web token), and by its name: `password=…`, `?token=…`, `"apiKey": "…"`, `x-api-key: …`, `--password …`.
 */
export function redactText(text: string): string {
  const short = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  if (!SUSPECT.test(short)) return short;
  const formless = hideForms(short)
    .replaceAll(/\b(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{4,}/gi, `$1$2${HIDDEN}`)
    .replaceAll(/\b(Digest\s+)\w+=[^\r\n]*/gi, `$1${HIDDEN}`)
    .replaceAll(/(\w:\/\/)[^\s/?#]{1,500}@/g, `$1${HIDDEN}@`); // to the last @: a password may have one
  return hideNamed(formless);
}

/** A text without private keys, and what is known by how it begins to be a credential. */
export function hideForms(text: string): string {
  return text
    .replaceAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN)
    .replaceAll(KNOWN_FORMS, HIDDEN);
}

/** A name and what sets it apart from its value, in JSON, also within a JSON string, YAML, headers, queries, assignments, arguments. */
const NAME =
  /(?:%3F|%26)?(?<name>[\w.-]{1,100})\]?(?<quote>\\*["'`]?)(?<apart>\s{0,8}(?::(?!\/\/)|=>?)\s{0,8}|%3D)|(?<=^|\s)--(?<flag>[\w-]{1,100})\s{1,8}/gi;
/** A value in quotes, to the quote that ends it; as many backslashes stand before that as before the first. */
const QUOTED = /(\\*)(["'`])[^]*?(?:(?<!\\)\1\2|$)/y;
const LISTED = /[[{][^\]}]*[\]}]?/y;
const REST_OF_LINE = /[^\r\n"]+/y;
const WORD = /(?:(?:Bearer|Basic|Digest|Token|Negotiate|ApiKey)\s+)?[^\s&"'<>,;]+/iy;
/** A word that ends where values end: `"token": there is no file` goes on, and is no value. */
const LONE_WORD = /[^\s&"'<>,;}\]]+(?=\s*([,;}\]\r\n]|$))/y;
/** What is said of a field that is called so, or of a character of code: `token: Invalid input: …`, `Unexpected token: }`. */
const PROSE =
  /(?:(?:invalid|required|missing|unknown)(?=[;,.]?(?:\s|$))|(?:invalid|required|missing|unknown|unrecognized|too|expected|must|should|may|cannot|is|was|has|not)(?=\s+[a-z]+\b)|[^\w\s"'`]{1,3}(?=\s|$))/iy;

/** Hides what stands behind the name of a secret. */
function hideNamed(text: string): string {
  let shown = "";
  let at = 0;
  for (const { 0: { length }, index, groups } of text.matchAll(NAME)) {
    const name = groups!.name ?? groups!.flag!;
    if (index < at) continue;
    const start = index + length;
    const apart = groups!.apart ?? " ";
    if (!isSecretName(name) && !isSecretHere(text, { name, index, start, apart })) continue;
    const value = valueAt(text, start, { name, quote: groups!.quote ?? "", apart });
    if (value === "" || value.endsWith(HIDDEN)) continue;
    const quote = /^\\*["'`]/.exec(value)?.[0] ?? "";
    shown += `${text.slice(at, start)}${quote}${HIDDEN}${quote !== "" && value.endsWith(quote) ? quote : ""}`;
    at = start + value.length;
  }
  return shown + text.slice(at);
}

/** Whether what is called so is a secret where it stands: `?code=…` in a URL, `pass=…`. */
function isSecretHere(
  text: string,
  { name, index, start, apart }: {
    readonly name: string;
    readonly index: number;
    readonly start: number;
    readonly apart: string;
  },
): boolean {
  if (QUERY_NAMES.test(name)) {
    return /^(=|%3D)$/i.test(apart) && /[?&%]/.test(text.slice(Math.max(0, index - 1), index + 1));
  }
  return isPass(name) && (apart.includes("=") || /^\\*["'`]/.test(text.slice(start, start + 9)));
}

/** What is called so, from here on; empty where nothing is. */
function valueAt(
  text: string,
  start: number,
  { name, quote, apart }: { readonly name: string; readonly quote: string; readonly apart: string },
): string {
  const isInJson = quote !== "" && apart.includes(":");
  const isCookie = /cookie/i.test(name) && apart.includes(":");
  for (const form of [QUOTED, LISTED, isCookie ? REST_OF_LINE : isInJson ? LONE_WORD : WORD]) {
    form.lastIndex = start;
    const value = form.exec(text)?.[0];
    if (value === undefined) continue;
    PROSE.lastIndex = start;
    if (!isInJson && /:\s/.test(apart) && PROSE.test(text)) return "";
    return /tokens$/i.test(name) && /^\d{1,9}$/.test(value) ? "" : value; // how many there are, or may be
  }
  return "";
}
