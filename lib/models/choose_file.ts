/** What is chosen from. */
export interface FileChoice {
  /** The names in the directory; those of directories end with a slash. */
  readonly names: readonly string[];
  /** The ending of the file; empty: any. */
  readonly suffix: string;
  /** Makes the error. */
  readonly fail: (state: string) => Error;
}

/** The one file with the ending in a directory; of several, the one called like the directory, else `model`. */
export function chooseFile(directory: string, { names, suffix, fail }: FileChoice): string {
  const files = names.filter((name) => name.endsWith(suffix) && !name.endsWith("/")).sort();
  const own = directory.replace(/\/+$/, "");
  const called = own.slice(own.lastIndexOf("/") + 1);
  const chosen = files.length === 1
    ? files[0]
    : [`${called}${suffix}`, `model${suffix}`].find((name) => files.includes(name));
  if (chosen !== undefined) return chosen;
  const wish = suffix === "" ? "one file" : `one ${suffix} file`;
  const found = files.length > 0 ? files.join(", ") : [...names].sort().join(", ") || "nothing";
  throw fail(`it needs ${wish}, there is ${found}`);
}
