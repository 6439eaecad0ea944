/** Code that leaves: one ES module with its dependencies, the library beside it, and the function as data. */
import { createHash } from "node:crypto";
import type { Fault } from "../errors.ts";
import type { UnitFeed } from "./described_units.ts";
import type { GraphView } from "../plot/view.ts";

/** A bundle: a folder of files, the same for every target. */
export interface Bundle {
  /** The name of the function. */
  readonly name: string;
  /** 12 hex digits of the hash over the files. */
  readonly revision: string;
  /** By path: `code.js`, `code.js.map`, `function.json`, `deno.json`, `deno.lock`, `levada/…`, and what was asked for. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The file that tells what a bundle is. */
export const MANIFEST = "function.json";

/** What stands in it. */
export interface Manifest {
  readonly levada: "bundle/1";
  readonly name: string;
  /** The function as data, without secrets. */
  readonly function: object;
  /** What is drawn of its graph: whoever has the bundle alone can draw it, whatever kinds of steps it knows. */
  readonly view: GraphView;
  /** What keeps its functions from running each by itself. Default: nothing. */
  readonly faults?: readonly Fault[];
  /** Which streams its functions read where each runs by itself; left out by Levadas that did not look. */
  readonly feeds?: readonly UnitFeed[];
  readonly versions: Readonly<Record<string, string>>;
  /** SHA-256 of each other file, by path. */
  readonly files: Readonly<Record<string, string>>;
}

const REVISION_DIGITS = 12;

/** What a bundle is, as it tells. */
export function manifestOf({ files }: Pick<Bundle, "files">): Manifest {
  return JSON.parse(new TextDecoder().decode(files.get(MANIFEST))) as Manifest;
}

/** SHA-256 in hex. */
export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What names a bundle with these files: the manifest has the hashes of all others. */
export function revisionOf(files: Bundle["files"]): string {
  return digestOf(files).slice(0, REVISION_DIGITS);
}

/** All 64 hex digits, of which the revision is the first: for who compares, where others may have written what is there. */
export function digestOf(files: Bundle["files"]): string {
  return hashOf(files.get(MANIFEST)!);
}
