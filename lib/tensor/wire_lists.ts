import { decodeData } from "./datatype.ts";

/**
 * Data with a list in the place of each typed array within, as JSON has it, bigints where numbers are not exact; the same object where
 * there is none. Bytes that are all there is stay: they are sent as they are.
 */
export function wireLists(value: unknown): unknown {
  return value instanceof Uint8Array ? value : listsOf(value, new Map());
}

function listsOf(value: unknown, known: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return value instanceof DataView ? value : decodeData(value as Uint8Array);
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value;
  if (known.has(value)) return known.get(value);
  known.set(value, value); // what holds itself is told of by whoever writes it
  const lists = Array.isArray(value) ? itemsOf(value, known) : fieldsOf(value, known);
  known.set(value, lists);
  return lists;
}

function itemsOf(list: readonly unknown[], known: Map<object, unknown>): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = listsOf(list[index], known);
    if (item !== list[index]) (copy ??= [...list])[index] = item;
  }
  return copy ?? list;
}

function fieldsOf(body: object, known: Map<object, unknown>): object {
  const entries = Object.entries(body);
  const read = entries.map(([name, item]) => [name, listsOf(item, known)] as const);
  return read.every(([, item], index) => item === entries[index]![1]) ? body : Object.fromEntries(read);
}
