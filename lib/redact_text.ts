/** What nobody but its owner should read, in texts that others read: log lines, replies, spans, records, why a model is not ready. */

/** What stands where a secret was. */
export const HIDDEN = "***";
/** Longer texts are cut. */
export const LONGEST_TEXT = 10_000;

/** Words in the name of what nobody but its owner should read, whatever stands between and around them. */
const SECRET_NAMES =
  /authorization|cookie|password|passwd|passphrase|secret|credential|session-?id|(api|access|account|private|signing|encryption|subscription|functions|master|shared|hmac|storage|ssh)-?key|connection-?string|((^|-)|auth|access|refresh|bearer|csrf|xsrf|session|security|id|api|user)tokens?$|(^|-)(auth|pwd|jwt|signature|sig|assertion|passcode)$/;
/** Whose key is a secret: of models, clouds and messengers, `OPENAI_KEY`. Other keys are names of columns and places. */
const KEYS_OF_SERVICES =
  /(^|-)(openai|anthropic|azure|aws|gcp|google|gemini|huggingface|hf|cohere|mistral|groq|deepl|replicate|pinecone|stripe|twilio|sendgrid|mailgun|github|gitlab|slack|datadog|auth|admin|root|deploy|webhook|license)-?key$/;

/** Whether what is called so is a secret: `authorization`, `x-api-key`, `dbPassword`, `ACCESS_TOKEN`. */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name);
  return SECRET_NAMES.test(words) || KEYS_OF_SERVICES.test(words);
}

/** A name as words with `-` between: `dbPassword` is `db-password`, `HFToken` is `hf-token`. */
export function wordsOf(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})/g, "-").replaceAll(/[\s_.]+/g, "-")
    .toLowerCase();
}

/** Names of what is a secret in the query of a URL: of stores, of functions, of logins. */
export const QUERY_NAMES = /^(sig|signature|key|code)$/i;

/** Passes that let something through, or go over it once more: of filters, of compilers. */
const NO_PASS =
  /(^|-)(high|low|band|all|single|multi|one|two|first|second|third|last|final|forward|backward|fast|next|per|each|max|min|n|num)-pass$/;

/** Whether what is called so is a secret where a text stands there, and not how many passes there are. */
export function isPass(name: string): boolean {
  return /pass$/i.test(name) && /(^|-)pass$/.test(wordsOf(name)) && !NO_PASS.test(wordsOf(name));
}

/** What a text must have for one of the forms below to be in it. */
const SUSPECT =
  /bearer|basic|:\/\/|-----BEGIN|[=:]|%3D|--\w|eyJ|AKIA|ASIA|AIza|gh[a-z]_|github_pat_|xox|sk-|rk_|glpat-/i;
/** JSON web tokens, behind what stands before them in the same word: what looks ahead reads each word once, however often it has `eyJ`. */
const WEB_TOKEN = /(?<![\w-])(?=[\w-]{8,}\.[\w-]{5,}\.)([\w-]*?)\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g;
/** Credentials that are known by how they begin: keys of Amazon, Google, GitHub, GitLab, Slack, OpenAI and Stripe; names have no digit or capital. */
const KNOWN_FORMS =
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}|\bgh[a-z]_\w{30,}|\bgithub_pat_\w{30,}|\bglpat-[\w-]{20,}|\bxox[a-z]-(?=[\w-]{0,40}[\dA-Z])[\w-]{10,}|\brk_(live|test)_\w{10,}|\bsk[-_](live_|test_|proj-|ant-|(?=[\w-]{0,40}[\dA-Z]))[A-Za-z0-9_-]{20,}/g;

/**
 * A text without what is known to be a credential by its form (`Bearer …`, `Basic …`, a URL's user and password, a private key, a
 * web token), and by its name: `password=…`, `?token=…`, `"apiKey": "…"`, `x-api-key: …`, `--password …`.
 */
export function redactText(text: string): string {
  if (text.length <= LONGEST_TEXT) return hidden(text);
  const read = hidden(text.slice(0, LONGEST_TEXT + LONGEST_SECRET));
  return `${read.slice(0, Math.max(0, Math.min(LONGEST_TEXT, read.length - LONGEST_SECRET)))}…`; // what the cut broke is not known any more
}

/** What is longer may show its head where a text is cut. */
const LONGEST_SECRET = 10_000;

function hidden(text: string): string {
  if (!SUSPECT.test(text)) return text;
  const formless = mapUserinfo(hideForms(text), () => HIDDEN)
    .replaceAll(/\b(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{4,}/gi, `$1$2${HIDDEN}`)
    .replaceAll(/\b(Digest\s+)\w+=[^\r\n]*/gi, `$1${HIDDEN}`);
  return hideNamed(formless);
}

/** A URL from behind its `://`, to a space, a quote that ends it, or the next URL. */
const BEHIND_SCHEME = /(\w:\/\/)((?:(?!\w:\/\/|\\{0,9}["'`>](?:[\s,;:)\]}\\]|$))\S)+)/g;
const HOSTS = /^([^@:,]*|\[[^\]@]*\])(:(\d*|\$?\{[^}]*\}))?(,[^@:,]*(:\d*)?)*$/;
/** A host that is none by chance, with a port, a dot, brackets, or this machine; or any host where only names of secrets stand before it. */
const SURE = /@([^@]*:\d+|[^@]*[^.@]\.[^.@][^@]*|\[[^@]*|localhost)$|^[^:@]*:(\$\{[^{}]*\})+@[^@]*$/i;

/**
 * A text with something else in the place of what URLs have before their host, to the last `@` of that. A password may have `/`, `?` and
 * `#` in it, where what stands before the first of these is no host.
 */
export function mapUserinfo(text: string, map: (userinfo: string) => string): string {
  if (!text.includes("://") || !text.includes("@")) return text;
  return text.replaceAll(BEHIND_SCHEME, (whole, scheme: string, url: string) => {
    const first = /^[^/?#]*/.exec(url)![0];
    if (HOSTS.test(first)) return whole;
    const isPlain = first.includes("@") && (!/:[^]*@/.test(first) || SURE.test(first));
    const end = (isPlain ? first : url).lastIndexOf("@");
    return end < 1 ? whole : `${scheme}${map(url.slice(0, end))}${url.slice(end)}`;
  });
}

/** A text without private keys, and what is known by how it begins to be a credential. */
export function hideForms(text: string): string {
  return text
    .replaceAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN)
    .replaceAll(WEB_TOKEN, `$1${HIDDEN}`)
    .replaceAll(KNOWN_FORMS, HIDDEN);
}

/** A name and what sets it apart from its value, in JSON, also within a JSON string, YAML, headers, queries, assignments, arguments. */
const NAME =
  /(?:%3F|%26)?(?<name>[\w.-]{1,100})\]?(?<quote>\\*["'`]?)(?<apart>\s{0,8}(?::(?!\/\/)|=>?)\s{0,8}|%3D)|(?<=^|\s)--(?<flag>[\w-]{1,100})\s{1,8}/gi;
/** What is said of a module that is called so is no secret: `my_secret.ts: …`, `my_secret.ts:3:5`. */
const MODULE = /\.(?:[cm]?[jt]sx?|ipynb)$/i;
/** A value in quotes, to the quote that ends it; as many backslashes stand before that as before the first. */
const QUOTED = /(\\*)(["'`])[^]*?(?:(?<!\\)\1\2|$)/y;
const REST_OF_LINE = /[^\r\n"]+/y;
const WORD = /(?:(?:Bearer|Basic|Digest|Token|Negotiate|ApiKey)\s+)?[^\s&"'<>,;]+/iy;
/** A word that ends where values end: `"token": there is no file` goes on, and is no value. */
const LONE_WORD = /[^\s&"'<>,;}\]]+(?=\s*([,;}\]\r\n]|$))/y;
/** What is said of a field that is called so, or of a character of code: `token: Invalid input: …`, `Unexpected token: }`. */
const PROSE =
  /(?:(?:invalid|required|missing|unknown|failed|denied|refused|rejected|expired|ok)(?=[;,.]?(?:\s|$))|expected(?=\s)|there(?=\s+(?:is|are|was|were)\b)|(?:invalid|required|missing|unknown|unrecognized|too|must|should|may|cannot|is|was|has|not|no)(?=\s+[a-z]+\b)|[^\w\s"'`]{1,3}(?=\s|$))/iy;

/** Hides what stands behind the name of a secret. */
function hideNamed(text: string): string {
  let shown = "";
  let at = 0;
  for (const { 0: { length }, index, groups } of text.matchAll(NAME)) {
    const name = groups!.name ?? groups!.flag!;
    if (index < at) continue;
    const start = index + length;
    const apart = groups!.apart ?? " ";
    if (MODULE.test(name) && apart.startsWith(":")) continue;
    if (!isSecretName(name) && !isSecretHere(text, { name, index, start, apart })) continue;
    const value = valueAt(text, start, { name, quote: groups!.quote ?? "", apart });
    if (value === "" || /^(\w+\s+)?\*\*\*$/.test(value)) continue;
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
  if (!isInJson && /:\s/.test(apart) && matchAt(PROSE, text, start) !== undefined) return "";
  const isCookie = /cookie/i.test(name) && apart.includes(":");
  const value = matchAt(QUOTED, text, start) ?? listAt(text, start) ??
    matchAt(isCookie ? REST_OF_LINE : isInJson ? LONE_WORD : WORD, text, start);
  return value === undefined || isNone(name, value) ? "" : value;
}

/** What is called like a secret and is none by what stands there: how many tokens, or their numbers; significance; a function's signature. */
const NONE: readonly (readonly [names: RegExp, values: RegExp])[] = [
  [/tokens$/i, /^(\d{1,9}|\[[\d\s,]*\]?)\W*$/],
  [/(^|[^a-z])sig$/i, /^[-+]?(\d{0,3}\.\d{1,20}|\d{1,3})(e[-+]?\d{1,3})?\W*$/i],
  [/signature$/i, /^\(/],
];

/** Whether what is called like a secret is none by what it is, as text or as data. */
export function isNone(name: string, value: unknown): boolean {
  const text = Array.isArray(value) && value.every((item) => typeof item === "number")
    ? `[${value.slice(0, 9)}]`
    : String(value);
  return NONE.some(([names, values]) => names.test(name) && values.test(text));
}

function matchAt(form: RegExp, text: string, start: number): string | undefined {
  form.lastIndex = start;
  return form.exec(text)?.[0];
}

/** A list or object, with all that stands in it: to the bracket that closes it, or to the end. Brackets in quotes are text. */
function listAt(text: string, start: number): string | undefined {
  if (!/[[{]/.test(text.charAt(start))) return undefined;
  const [, slashes = "", quote = '"'] = /^[^"']*?(?<=[\s[{,:])(\\*)(["'])/.exec(text.slice(start, start + 1_000)) ?? [];
  const marks = new RegExp(`(?<!\\\\)(\\\\*)(${quote})|[[\\]{}]`, "g");
  marks.lastIndex = start;
  let depth = 0;
  let isText = false;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[2] !== undefined) {
      // within JSON that is a text itself, a quote has 1 backslash, and one in a text there 3
      if (mark[1]!.length % (2 * slashes.length + 2) === slashes.length) isText = !isText;
    } else if (!isText) {
      depth += /[[{]/.test(mark[0]) ? 1 : -1;
      if (depth === 0) return text.slice(start, marks.lastIndex);
    }
  }
  return text.slice(start);
}
