import { dependenciesOf, type LockFile } from "./locked_packages.ts";

/** A lock file with its project's own packages alone: a module that was loaded under it may have left its own there, which would be in every image. */
export function ownLockOf<Lock extends LockFile>(lock: Lock): Lock {
  const { workspace, specifiers = {}, npm = {} } = lock as LockFile & {
    readonly workspace?: { readonly dependencies?: readonly string[] };
  };
  const own = Object.entries(specifiers).filter(([specifier]) => workspace?.dependencies?.includes(specifier) ?? true);
  const next = dependenciesOf(npm);
  const kept = new Set<string>();
  const visit = (key: string): void => {
    if (kept.has(key) || !Object.hasOwn(npm, key)) return;
    kept.add(key);
    next(key).forEach(visit);
  };
  for (const [specifier, version] of own) visit(`${nameOf(specifier)}@${version}`);
  return {
    ...lock,
    specifiers: Object.fromEntries(own),
    npm: Object.fromEntries(Object.entries(npm).filter(([key]) => kept.has(key))),
  };
}

/** `npm:@scope/name@1.0.0` → `@scope/name` */
function nameOf(specifier: string): string {
  return specifier.replace(/^npm:/, "").replace(/(?<=.)@.*$/, "");
}
