/** Value → everything under which a notebook can show it, by MIME type. */

import { imageType } from "./image.ts";
import { isTable, tableHtml } from "./rows.ts";

/** What a value is shown as; always with `text/plain`. */
export type Bundle = Record<string, unknown>;

const DISPLAY = Symbol.for("Jupyter.display");
const TEXT_CHARACTERS = 100_000; // of one value: a notebook is read by people, and kept in a file

/**
 * Makes what a notebook shows of a value. A method under `Symbol.for("Jupyter.display")` answers for itself; else pictures, tables
 * and elements are known by their form; everything has a text. A method or getter that throws does no harm: the text says so.
 */
export async function bundleOf(value: unknown): Promise<Bundle> {
  try {
    const own = await ownBundle(value) ?? formBundle(value);
    if (own !== undefined && Object.keys(own).length === 0) return {}; // it wants nothing shown
    if (own !== undefined) return { ...own, "text/plain": own["text/plain"] ?? textOf(value) };
    return { "text/plain": textOf(value) };
  } catch (error) {
    return {
      "text/plain": `${textOf(value)}\n(cannot be shown otherwise: ${
        error instanceof Error ? error.message : String(error)
      })`,
    };
  }
}

/** The text of a value, without colours. */
export function textOf(value: unknown): string {
  let text: string;
  try {
    text = Deno.inspect(value, { colors: false, depth: 6, iterableLimit: 200, strAbbreviateSize: 10_000 });
  } catch (error) {
    text = `(cannot be inspected: ${error instanceof Error ? error.message : String(error)})`;
  }
  return text.length <= TEXT_CHARACTERS
    ? text
    : `${text.slice(0, TEXT_CHARACTERS)}… (${text.length - TEXT_CHARACTERS} more characters)`;
}

async function ownBundle(value: unknown): Promise<Bundle | undefined> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  const display = (value as Record<symbol, unknown>)[DISPLAY];
  if (typeof display !== "function") return undefined;
  const bundle: unknown = await display.call(value);
  if (typeof bundle !== "object" || bundle === null) {
    throw new TypeError(`its display gave ${bundle === null ? "null" : typeof bundle}, not MIME types`);
  }
  return { ...bundle };
}

function formBundle(value: unknown): Bundle | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (value instanceof Uint8Array) {
    const type = imageType(value);
    return type === undefined
      ? undefined
      : { [type]: value.toBase64(), "text/plain": `${type}, ${value.length} bytes` };
  }
  const html = (value as { outerHTML?: unknown }).outerHTML;
  if (typeof html === "string") {
    return html.startsWith("<svg")
      ? { "image/svg+xml": html, "text/html": html, "text/plain": "(a picture)" }
      : { "text/html": html, "text/plain": "(an element)" };
  }
  return isTable(value) ? { "text/html": tableHtml(value) } : undefined;
}
