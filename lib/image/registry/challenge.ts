/** What a registry wants to be shown (RFC 9110, 11.6.1; distribution's token authentication). */

/** One way of showing it. */
export interface Challenge {
  /** In small letters: `basic`, `bearer`. */
  readonly scheme: string;
  readonly params: Readonly<Record<string, string>>;
}

const PART =
  /([A-Za-z][\w-]*)(?:\s+(?=[A-Za-z][\w-]*\s*=)|\s*(?=,|$))|([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g;

/** Reads the header `www-authenticate`; what is not understood is left out. */
export function readChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; params: Record<string, string> }[] = [];
  for (const [, scheme, name, quoted, bare] of header.matchAll(PART)) {
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), params: {} });
    else if (name !== undefined) {
      const last = challenges.at(-1);
      if (last !== undefined) last.params[name.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "";
    }
  }
  return challenges;
}
