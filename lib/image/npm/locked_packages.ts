/** Which packages of npm a program needs on the image's machine, as its lock file says. */
import { ImageError } from "../image_error.ts";

/** The part of a `deno.lock` of version 5 that is read here. */
export interface LockFile {
  readonly version: string;
  /** What stands in imports, and the version that it means. */
  readonly specifiers?: Readonly<Record<string, string>>;
  readonly npm?: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly integrity?: string;
  readonly dependencies?: readonly string[];
  readonly optionalDependencies?: readonly string[];
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

/** A package to put into an image. */
export interface NeededPackage {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

const PLATFORM = { os: "linux", cpu: "x64" } as const;
const SPECIFIER = /^npm:\/?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]+))?/;
const KEY = /^((?:@[^/@]+\/)?[^/@]+)@([^_]+)(?:_.*)?$/; // behind `_` stand the packages that it is used beside

/**
 * Follows the dependencies of specifiers such as `npm:redis@6.3.1` through a lock file; sorted by name.
 *
 * @throws {ImageError} If the lock file lacks one.
 */
export function lockedPackages(
  specifiers: readonly string[],
  { version, specifiers: known = {}, npm = {} }: LockFile,
): NeededPackage[] {
  if (version !== "5") {
    throw new ImageError(`Cannot read the lock file: it is of version ${version}, and should be of 5`);
  }
  const dependencies = dependenciesOf(npm);
  const taken = new Set<string>();
  const take = (key: string, by: string): void => {
    const one = Object.hasOwn(npm, key) ? npm[key] : undefined;
    if (one === undefined) {
      throw new ImageError(`Cannot find ${key}, which ${by} needs: the lock file has no such package`);
    }
    if (taken.has(key) || !suits(one)) return;
    taken.add(key);
    for (const next of dependencies(key)) take(next, key);
  };
  for (const specifier of specifiers) {
    const [, name = "", wish = ""] = SPECIFIER.exec(specifier) ?? [];
    const exact = known[`npm:${name}${wish === "" ? "" : `@${wish}`}`] ?? wish;
    take(`${name}@${exact}`, specifier);
  }
  const packages = new Map<string, NeededPackage>();
  for (const key of taken) {
    const [, name, exact] = KEY.exec(key) ?? [];
    const { integrity } = npm[key]!;
    if (name === undefined || exact === undefined || integrity === undefined) {
      throw new ImageError(`Cannot take ${key} into an image: the lock file does not say its hash`);
    }
    packages.set(`${name}@${exact}`, { name, version: exact, integrity });
  }
  return [...packages.values()].sort((one, other) => one.name + one.version < other.name + other.version ? -1 : 1);
}

/** What packages of a lock file depend on, by their keys there. */
export function dependenciesOf(npm: NonNullable<LockFile["npm"]>): (key: string) => string[] {
  const byName = new Map<string, string[]>();
  for (const key of Object.keys(npm)) {
    const name = KEY.exec(key)?.[1] ?? key;
    byName.set(name, [...byName.get(name) ?? [], key]);
  }
  return (key) => {
    const { dependencies = [], optionalDependencies = [] } = npm[key] ?? {};
    return [...dependencies, ...optionalDependencies].map((word) => keyOf(word, byName));
  };
}

/** A dependency's key: it is named without its version where the lock file has one only. */
function keyOf(word: string, byName: ReadonlyMap<string, readonly string[]>): string {
  const [only, ...others] = byName.get(word) ?? [];
  if (only !== undefined && others.length === 0) return only;
  const aliased = /@npm:(.+)$/.exec(word)?.[1] ?? word;
  return byName.get(aliased)?.[0] ?? aliased;
}

function suits({ os, cpu }: LockedPackage): boolean {
  return (os === undefined || os.includes(PLATFORM.os)) && (cpu === undefined || cpu.includes(PLATFORM.cpu));
}
