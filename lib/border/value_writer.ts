import { Tensor } from "../tensor/tensor.ts";
import { TensorReply } from "../tensor/tensor_reply.ts";
import { DEEPEST, MOST_DIGITS } from "./levada_json.ts";
import { hasOwnNames, isPlainView } from "./own_names.ts";
import { placeOf, type Way } from "./place_of.ts";
import { rawJson } from "./raw_json.ts";

const CURE = "Pass on text, numbers, lists, plain objects, dates, maps, sets, bytes or tensors";

/** What a writer is told. */
export interface WriterOptions {
  /** What cannot be done where it fails: `publish the body`. */
  readonly act: string;
  /** Whether what looks like a word for another value is wrapped. Default false. */
  readonly guardsNames?: boolean;
  /** Refuses what JSON has no word for, and says this behind it; fields that are undefined are left out. Default: there is a word for it. */
  readonly cure?: string | undefined;
  /** Whether what has `toJSON` says itself how it is written, but for dates and tensors; always with a cure. Default: it is refused. */
  readonly takesToJson?: boolean;
}

/** Makes a tree of JSON's own kinds of a value; what needs no other word in it is not copied. */
export class ValueWriter {
  /** Whether something stands in it that JSON has no word for. */
  hasWords = false;
  /** Whether something of the value's own looks like such a word. */
  hasNames = false;
  readonly #options: WriterOptions;
  readonly #way: Way[] = [];
  readonly #within = new Set<object>();
  #depth = 0;
  #refusal: TypeError | undefined;

  /** Made for one value. */
  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /**
   * The tree.
   *
   * @throws {TypeError} If it would not come out the same, naming the place.
   */
  write(value: unknown): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        if (Object.is(value, -0)) return rawJson("-0");
        return Number.isFinite(value) ? value : this.#word("number", value, String);
      case "bigint":
        return this.#word("bigint", value, (given) => this.#digits(given));
      case "undefined":
        return this.#word("undefined", value, () => true);
      case "object":
        return value === null ? null : this.#enter(value);
      default:
        throw this.#lost(`a ${typeof value}`);
    }
  }

  #enter(value: object): unknown {
    if (this.#within.has(value)) throw this.#lost("what it stands in: it holds itself");
    if (this.#depth >= DEEPEST) throw this.#lost(`more than ${DEEPEST} levels deep`);
    this.#within.add(value);
    this.#depth += 1;
    let written: unknown;
    try {
      written = this.#inside(value);
    } catch (error) {
      throw this.#refusal ?? this.#unread(error); // a getter's, a proxy's, a toJSON's
    }
    this.#depth -= 1;
    this.#within.delete(value);
    return written;
  }

  #inside(value: object): unknown {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (Array.isArray(value) && Array.isArray(prototype)) return this.#list(value); // also another realm's
    switch (Array.isArray(value) ? undefined : prototype) {
      case Object.prototype:
        if (Object.prototype.toString.call(value) === "[object Arguments]") throw this.#lost("the arguments of a call");
        return this.#fields(value as Record<string, unknown>);
      case null:
        return this.#fields(value as Record<string, unknown>);
      case Date.prototype:
        return this.#word("date", value as Date, (date) => Number.isNaN(date.getTime()) ? null : date.toISOString());
      case Map.prototype:
        return this.#word("map", value as Map<unknown, unknown>, (map) => this.#deeper(3, () => this.#pairs(map)));
      case Set.prototype:
        return this.#word("set", value as Set<unknown>, (set) => this.#deeper(2, () => this.#items([...set], "item")));
      case ArrayBuffer.prototype:
        return this.#word("ArrayBuffer", value as ArrayBuffer, (buffer) => new Uint8Array(buffer).toBase64());
      case DataView.prototype:
        return this.#word("DataView", value as DataView, base64Of);
      case Tensor.prototype:
        return this.#word("tensor", value as Tensor, (tensor) => this.#deeper(2, () => this.#tensor(tensor)));
      case TensorReply.prototype:
        return this.#word("reply", value as TensorReply, (reply) => this.#deeper(2, () => this.#reply(reply)));
    }
    if (isPlainView(value)) return this.#word(value[Symbol.toStringTag], value, base64Of);
    if (!Array.isArray(value) && isOfObjects(prototype as object)) {
      return this.#fields(value as Record<string, unknown>);
    }
    const { cure, takesToJson = cure !== undefined } = this.#options;
    if (takesToJson && hasToJson(value)) return this.write(value.toJSON(""));
    throw this.#lost(opaque(value));
  }

  #fields(value: Record<string, unknown>): unknown {
    const keys = Object.keys(value);
    let copy: Record<string, unknown> | undefined;
    for (const key of keys) {
      const item = this.#read(value, key);
      if (item === undefined && this.#options.cure !== undefined) continue; // JSON leaves it out
      const written = this.#at(key, item);
      if (written !== item) (copy ??= { ...value })[key] = written;
    }
    if (hasToJson(value)) throw this.#lost("an object with a method toJSON"); // JSON would write what that gives
    if (
      Object.getOwnPropertySymbols(value).some((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol))
    ) {
      throw this.#lost("an object with a symbol for a name");
    }
    if (keys.length !== 1 || !keys[0]!.startsWith("$")) return copy ?? value;
    this.hasNames = true;
    return this.#options.guardsNames === true ? { $object: copy ?? value } : copy ?? value;
  }

  #list(list: readonly unknown[]): unknown {
    let copy: unknown[] | undefined;
    for (let index = 0; index < list.length; index++) {
      const item = list[index];
      if (item === undefined && !(index in list)) throw this.#lost("a hole", index);
      const written = typeof item === "string" ? item : this.#at(index, item);
      if (written !== item) (copy ??= [...list])[index] = written;
    }
    if (hasToJson(list)) throw this.#lost("a list with a method toJSON");
    if (hasOwnNames(list)) throw this.#lost("a list with names beside its items");
    return copy ?? list;
  }

  #pairs(map: Map<unknown, unknown>): unknown[] {
    const [keys, values] = [this.#items([...map.keys()], "key"), this.#items([...map.values()], "value")];
    return keys.map((key, index) => [key, values[index]]);
  }

  #items(items: readonly unknown[], part: string): unknown[] {
    return items.map((item, index) => this.#at({ part: ` ${part} ${index}` }, item));
  }

  /** Numbers as their bytes, the least first; texts and bytes as a list. */
  #tensor({ name, datatype, shape, data, parameters }: Tensor): object {
    return {
      name,
      datatype,
      shape: [...shape],
      ...(parameters === undefined ? {} : { parameters: this.#at("parameters", parameters) }),
      data: ArrayBuffer.isView(data) ? base64Of(data) : this.#at("data", data),
    };
  }

  #reply({ model_name, model_version, id, parameters, outputs }: TensorReply): object {
    return {
      model_name,
      ...(model_version === undefined ? {} : { model_version }),
      id,
      ...(parameters === undefined ? {} : { parameters: this.#at("parameters", parameters) }),
      outputs: this.#at("outputs", outputs),
    };
  }

  /** What JSON has no word for. */
  #word<Value>(name: string, value: Value, write: (value: Value) => unknown): unknown {
    const { act, cure } = this.#options;
    if (cure !== undefined) {
      throw this.#refuse(`${act} as JSON`, `is ${shown(value)}, which JSON has no word for. ${cure}`);
    }
    if (value instanceof Object && !hasFields(value) && hasOwnNames(value)) {
      throw this.#lost(`${opaque(value)} with names of its own`);
    }
    this.hasWords = true;
    return { [`$${name}`]: write(value) };
  }

  #at(way: Way, value: unknown): unknown {
    this.#way.push(way);
    const written = this.write(value);
    this.#way.pop();
    return written;
  }

  /** What is so many levels deeper in the text than in the value. */
  #deeper<Written>(levels: number, write: () => Written): Written {
    this.#depth += levels;
    const written = write();
    this.#depth -= levels;
    return written;
  }

  #digits(value: bigint): string {
    const digits = String(value);
    if (digits.length > MOST_DIGITS) throw this.#lost(`a bigint of more than ${MOST_DIGITS} digits`);
    return digits;
  }

  #lost(what: string, ...further: Way[]): TypeError {
    this.#way.push(...further);
    return this.#refuse(this.#options.act, `is ${what}, which would not come out the same. ${CURE}`);
  }

  #read(value: Record<string, unknown>, key: string): unknown {
    try {
      return value[key];
    } catch (error) {
      this.#way.push(key);
      throw this.#unread(error);
    }
  }

  #unread(error: unknown): TypeError {
    return this.#refuse(this.#options.act, `cannot be read: ${error instanceof Error ? error.message : typeof error}`, {
      cause: error,
    });
  }

  #refuse(act: string, state: string, options?: ErrorOptions): TypeError {
    return this.#refusal = new TypeError(`Cannot ${act}: ${placeOf(this.#way)} ${state}`, options);
  }
}

/** Whether its own names are what it is. */
function hasFields(value: object): boolean {
  return value instanceof Tensor || value instanceof TensorReply;
}

function base64Of({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return new Uint8Array(buffer, byteOffset, byteLength).toBase64();
}

function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}

/** Whether it is the prototype of plain objects elsewhere: another realm's. */
function isOfObjects(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null;
}

/** What JSON has no word for, in a word. */
function shown(value: unknown): string {
  if (typeof value === "bigint") return "a bigint";
  if (typeof value !== "object" || value === null) return String(value);
  return value instanceof Date && Number.isNaN(value.getTime()) ? "an invalid Date" : opaque(value);
}

function opaque(value: object): string {
  if (value instanceof Promise) return "a Promise, which was not awaited";
  const name = value.constructor?.name || Object.prototype.toString.call(value).slice("[object ".length, -1);
  return `${/^[aeio]/i.test(name) ? "an" : "a"} ${name}`;
}
