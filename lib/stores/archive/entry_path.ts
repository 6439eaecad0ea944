import type { ArchiveEntry } from "./entry.ts";

/** What was seen of an archive so far. */
export interface EntryPlace {
  /** What there is already, by its name as a file system that knows no case has it. */
  readonly seen: Map<string, ArchiveEntry["kind"]>;
  readonly fail: (state: string) => Error;
}

const LONGEST_PART = 255; // bytes; what file systems take
// deno-lint-ignore no-control-regex -- these are what is looked for
const CONTROL = /[\x00-\x1f\x7f]/;

/**
 * The name of an entry within the folder, with slashes; empty for the folder itself.
 *
 * @throws What `fail` makes, if it leads elsewhere, or is there already.
 */
export function entryPath({ name, kind }: ArchiveEntry, { seen, fail }: EntryPlace): string {
  const refuse = (state: string) => fail(`${JSON.stringify(name.slice(0, 200))} ${state}`);
  if (CONTROL.test(name) || !name.isWellFormed()) throw refuse("has characters that no name has");
  if (/^([/\\]|[a-z]:)/i.test(name)) throw refuse("is an absolute path");
  const parts = name.replaceAll("\\", "/").split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw refuse("leads out of the archive");
  if (parts.some((part) => new TextEncoder().encode(part).length > LONGEST_PART)) throw refuse("is too long");
  if (parts.some((part) => part.includes(":"))) throw refuse('has a ":", which means something else on Windows');
  const folded = parts.map((part) => part.normalize("NFC").toLowerCase());
  for (let length = 1; length < folded.length; length++) {
    const above = folded.slice(0, length).join("/");
    if (seen.get(above) === "file") throw refuse("lies in what is a file");
    seen.set(above, "directory");
  }
  const own = folded.join("/");
  const before = seen.get(own);
  if (before !== undefined && (before === "file" || kind === "file")) throw refuse("is there twice");
  if (own !== "") seen.set(own, kind);
  if (own === "" && kind === "file") throw refuse("has no name");
  return parts.join("/");
}
