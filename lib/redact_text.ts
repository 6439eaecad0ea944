/** What nobody but its owner should read, in texts that others read: log lines, replies, why a model is not ready. */

/** What stands where a secret was. */
export const HIDDEN = "***";
/** Longer texts are cut. */
export const LONGEST_TEXT = 10_000;

/** Words in the name of what nobody but its owner should read, whatever stands between and around them. */
const SECRET_NAMES =
  /authorization|cookie|password|passwd|passphrase|secret|credential|session-?id|api-?key|access-?key|private-?key|(^|-)tokens?$|(^|-)(auth|pwd|signature|sig)$/;

/** Whether what is called so is a secret: `authorization`, `x-api-key`, `dbPassword`, `ACCESS_TOKEN`. */
export function isSecretName(name: string): boolean {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2").replaceAll(/[\s_.]+/g, "-").toLowerCase();
  return SECRET_NAMES.test(words);
}

/**
 * A text without what is known to be a credential by its form: `Bearer …`, `Basic …`, a URL's user and password, a private key,
 * and by its name: `password=…`, `?token=…`.
 */
export function redactText(text: string): string {
  const short = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  if (!/bearer|basic|:\/\/|-----BEGIN|=/i.test(short)) return short;
  return short
    .replaceAll(/\b(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{4,}/gi, `$1$2${HIDDEN}`)
    .replaceAll(/(\w:\/\/)[^\s/?#]{1,500}@/g, `$1${HIDDEN}@`) // to the last @: a password may have one
    .replaceAll(
      /([\w.-]{1,100})=[^\s&"'<>,;]+/g,
      (whole, name: string) => isSecretName(name) ? `${name}=${HIDDEN}` : whole,
    )
    .replaceAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN);
}
