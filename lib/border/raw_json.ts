/** Text that stands in JSON as it is, for `JSON.stringify`: `JSON.rawJSON`, which the library of types does not know yet. */
export function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}
