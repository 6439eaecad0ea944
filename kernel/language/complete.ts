/** Whether a cell is ready to run, or the person is still typing. */
import { parseSync } from "oxc-parser";
import { isTooDeep } from "./nesting.ts";

/** What `is_complete_request` answers; `indent` goes before the next line. */
export type Completeness = { readonly status: "complete" | "invalid" } | {
  readonly status: "incomplete";
  readonly indent: string;
};

const INDENT = "  ";

/** Tells whether code is complete: an error that begins at its very end means that more is to come. */
export function checkComplete(code: string): Completeness {
  const trimmed = code.trimEnd();
  if (isTooDeep(trimmed)) return { status: "invalid" };
  for (const lang of ["tsx", "ts"] as const) {
    if (errorsOf(trimmed, lang).length === 0) return { status: "complete" };
  }
  const isBraced = trimmed.trimStart().startsWith("{"); // perhaps an object literal, which a cell may be
  if (isBraced && errorsOf(`(${trimmed}\n)`, "ts").length === 0) return { status: "complete" };
  const isOpen = endsEarly(trimmed) || (isBraced && endsEarly(`(${trimmed}`)) || unclosed(trimmed) ||
    trimmed.endsWith("\\");
  return isOpen ? { status: "incomplete", indent: indentAfter(trimmed) } : { status: "invalid" };
}

function errorsOf(code: string, lang: "tsx" | "ts"): { readonly start: number }[] {
  const { errors } = parseSync(`cell.${lang}`, code, { lang, sourceType: "module" });
  return errors.filter(({ severity }) => severity === "Error").map(({ labels }) => ({
    start: Math.max(0, ...labels.map((label) => label.start)),
  }));
}

function endsEarly(code: string): boolean {
  return errorsOf(code, "ts").some(({ start }) => start >= code.length);
}

/** Whether code that is closed by what is missing parses: an open text or comment is reported where it began. */
function unclosed(code: string): boolean {
  return ["`", "*/", "}`", "*/}"].some((end) => errorsOf(code + end, "ts").length === 0);
}

function indentAfter(code: string): string {
  const last = code.slice(code.lastIndexOf("\n") + 1);
  const before = /^\s*/.exec(last)![0];
  return /[{(\[]\s*$/.test(last) || /=>\s*$/.test(last) ? before + INDENT : before;
}
