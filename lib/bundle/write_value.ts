/**
 * Writes down what a value is as far as it is data, for comparing it with one of another process: the same data gives the same bytes.
 * What is of another's making (sockets, models, schemas) counts as one thing, and so does what a function does. It is run by its text in
 * processes that have no library, so it uses nothing from around it.
 *
 * @param own Functions and classes that are looked into: their properties, and their instances' fields.
 */
export function writeValue(value: unknown, own: readonly unknown[], write: (part: string | Uint8Array) => void): void {
  const seen = new Map<unknown, number>();
  tell(value);

  function tell(value: unknown): void {
    if (typeof value === "string") return write(JSON.stringify(value));
    if ((typeof value !== "object" && typeof value !== "function") || value === null) {
      return write(`${typeof value} ${Object.is(value, -0) ? "-0" : String(value)};`);
    }
    const before = seen.get(value);
    if (before !== undefined) return write(`again ${before};`);
    seen.set(value, seen.size);
    if (ArrayBuffer.isView(value)) {
      write(`${Object.prototype.toString.call(value)} ${value.byteLength};`);
      return write(new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength));
    }
    if (Array.isArray(value)) return all("list", value);
    if (value instanceof Map) return all("map", [...value].flat());
    if (value instanceof Set) return all("set", [...value]);
    if (value instanceof Date) return write(`date ${value.getTime()};`);
    if (value instanceof RegExp) return write(`regexp ${String(value)};`);
    const prototype = Object.getPrototypeOf(value);
    const isOpen = typeof value === "function"
      ? own.includes(value)
      : prototype === null || prototype === Object.prototype || own.includes(prototype.constructor);
    if (!isOpen) return write("thing;");
    const fields = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(([key, { enumerable }]) =>
      enumerable || (typeof value !== "function" && key !== "constructor")
    );
    all(typeof value, fields.flatMap(([key, field]) => [key, "value" in field ? field.value : "get"]));
  }

  function all(kind: string, parts: readonly unknown[]): void {
    write(`${kind} ${parts.length};`);
    for (const part of parts) tell(part);
  }
}
