/** How JSX becomes calls: by the pragmas of a cell, which hold for the cells after it too. */
import type { Comment } from "oxc-parser";

/** What `@jsx`, `@jsxFrag` and `@jsxImportSource` have said so far. */
export interface JsxSetting {
  /** What an element calls, `h` or `React.createElement`; undefined imports the calls from `importSource`. */
  readonly factory?: string;
  readonly fragment?: string;
  readonly importSource?: string;
}

const PRAGMA = /@(jsx|jsxFrag|jsxImportSource)\s+(\S+)/g;

/** Reads the pragmas of block comments; what they do not say stays as it was. */
export function readPragmas(comments: readonly Comment[], before: JsxSetting): JsxSetting {
  let setting = before;
  for (const { type, value } of comments) {
    if (type !== "Block") continue;
    for (const [, name, text = ""] of value.matchAll(PRAGMA)) {
      if (name === "jsx") setting = { ...setting, factory: text };
      else if (name === "jsxFrag") setting = { ...setting, fragment: text };
      else setting = { importSource: text };
    }
  }
  return setting;
}
