import { atOnce } from "./later.ts";

/**
 * The key of an event as text.
 *
 * @throws {TypeError} If it is neither text nor a finite number, or answers later.
 */
export function keyText(key: unknown, act: string): string {
  if (typeof key === "string") return key;
  if (typeof key === "number" && Number.isFinite(key)) return String(key);
  atOnce(key, act, "its key");
  const kind = key === null || key === undefined || typeof key === "number" ? String(key) : `of type ${typeof key}`;
  throw new TypeError(`Cannot ${act}: its key is ${kind}. A key is text or a number`);
}
