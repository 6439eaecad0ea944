/** What values are as data, down to private fields and what closures hold: for comparing them with those of another process. */
import type { createHash } from "node:crypto";
import type { Session } from "node:inspector/promises";
import type { HashedValue } from "./sliced_values.ts";
import type { systemData } from "./system_data.ts";

/** A value that is looked at. */
export interface LookedAt {
  readonly value: unknown;
  /** Whether objects of packages are looked into too; those of cells are always. */
  readonly isOpen: boolean;
}

/** What it is made with. */
export interface HashTools {
  readonly createHash: typeof createHash;
  /** V8's own, of this process: it tells what the language hides. */
  readonly Session: typeof Session;
  readonly systemData: typeof systemData;
  /** What was found out in the notebook, in order: only there it is known which code is a cell's. Undefined: this is the notebook. */
  readonly answers?: string | undefined;
  /** The URL below which the library lies: its streams, servers and benches are things, its tables are data. */
  readonly library?: string | undefined;
  /** What of one value is too much: its parts, and those of them that V8 is asked about. */
  readonly limits?: { readonly parts: number; readonly looks: number };
}

/**
 * Hashes values. The same data gives the same hash, identities included: what is one object in one process must be one in the other.
 * What a function does is no data; what sockets, models and objects of packages are, neither. Runs by its text in processes that have
 * no library, so it uses nothing from around it.
 */
export async function hashValues(
  values: readonly LookedAt[],
  { createHash, Session, systemData, answers, library, limits = { parts: 20_000_000, looks: 20_000 } }: HashTools,
): Promise<{ readonly hashed: HashedValue[]; readonly answers: string; readonly texts: string[] }> {
  const SETTLES_MS = 2_000;
  const LONGEST_MS = 60_000; // for what had ended in the notebook
  const HIDING = /Generator|Iterator|Weak(?:Map|Set|Ref)/;
  const PACKAGES = /^(?:file|https?|npm|jsr|data|blob):/;
  const DATA = /\/(?:memory_table|keyed_table|table|tensor)\.ts$/;
  const BUILT_IN = /^(?:ext|node|internal):/;
  const LOWERED = /\b_(?:_esDecorate|apply_decs)\w*\(/; // a class with decorators: kernel and bundler hold other helpers
  const ACCESSOR = /^#(?:(\w+)_accessor_storage|___private_(\w+)_\d+)$/; // theirs for `@… accessor name`
  const LOOKED = `__levadaLooked${crypto.randomUUID().replaceAll("-", "")}`; // several may look at a time
  const shared = globalThis as unknown as Record<string, unknown>;
  const seen = new Map<unknown, string>();
  const looked = new Map<unknown, Promise<Inside>>();
  const scripts = new Map<string, string>();
  const told: string[] = [];
  const texts = new Map<string, number>();
  let asked = 0;
  let looks = 0; // into one value: V8 takes its time
  interface Inside {
    readonly url: string;
    readonly fields: readonly unknown[];
  }

  const session = new Session();
  session.connect();
  // deno-lint-ignore no-explicit-any -- what V8 answers
  const post = session.post.bind(session) as (method: string, given?: object) => Promise<any>;
  try {
    if (answers === undefined) await readScripts();
    const hashed: HashedValue[] = [];
    for (const [index, { value, isOpen }] of values.entries()) {
      looks = 0;
      hashed.push(await hashOne(value, index, isOpen));
    }
    return { hashed, answers: told.join(""), texts: [...texts.keys()] };
  } finally {
    delete shared[LOOKED];
    await post("Runtime.releaseObjectGroup", { objectGroup: LOOKED });
    session.disconnect();
  }

  async function hashOne(top: unknown, index: number, isOpen: boolean): Promise<HashedValue> {
    const hash = createHash("sha256");
    const todo: unknown[] = [top];
    const functions: number[] = [];
    const text: string[] = [];
    let hidden: string | null = null;
    let count = 0;
    const flush = () => void hash.update(text.splice(0).join(""));
    const write = (part: string) => void (text.push(part) >= 4_096 && flush());
    const all = (kind: string, parts: readonly unknown[]) => {
      write(`${kind} ${parts.length};`);
      for (let at = parts.length - 1; at >= 0; at--) todo.push(parts[at]);
    };
    while (todo.length > 0) {
      if (++count > limits.parts || looks > limits.looks) return { hash: null, hidden, functions };
      const value = todo.pop();
      if (typeof value === "string") {
        write(JSON.stringify(value));
        continue;
      }
      if ((typeof value !== "object" && typeof value !== "function") || value === null) {
        write(`${typeof value} ${Object.is(value, -0) ? "-0" : String(value)};`);
        continue;
      }
      const before = seen.get(value);
      if (before !== undefined) {
        write(`again ${before};`);
        continue;
      }
      seen.set(value, `${index} ${count}`);
      const tag = Object.prototype.toString.call(value).slice(8, -1);
      if (ArrayBuffer.isView(value)) {
        write(`${tag} ${value.byteLength};`);
        flush();
        hash.update(new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength));
      } else if (typeof value === "function") {
        if (await isOf(value, false)) {
          functions.push(...textsOf(value));
          const fields = Object.keys(value).map((key) => [key, Object.getOwnPropertyDescriptor(value, key)!] as const);
          all("function", [
            ...fields.flatMap(([key, field]) => [key, "value" in field ? field.value : "get"]),
            ...Reflect.ownKeys((value as { prototype?: object }).prototype ?? {}).map(String),
            ...LOWERED.test(textOf(value)) ? methodsOf(value).flatMap(({ value, get, set }) => [value, get, set]) : [],
            ...(await look(value)).fields,
          ]);
        } else write("thing;");
      } else if (HIDING.test(tag)) {
        hidden ??= `a ${tag}`;
      } else {
        const parts = await systemData(value, isOpen) ?? await partsOf(value, tag);
        const maker = (Object.getPrototypeOf(value) as { constructor?: unknown } | null)?.constructor;
        const isBuiltIn = maker === undefined || maker === Object || maker === Array || maker === Map || maker === Set;
        const isOwn = isBuiltIn || (typeof maker === "function" && await isOf(maker, false));
        const isLookedInto = isOwn ||
          (isOpen && !("~standard" in value) && typeof maker === "function" && await isOf(maker, true)); // a schema is what it is
        if (!isLookedInto && parts.length === 0) write("thing;");
        else all(tag, isLookedInto ? [...parts, ...await fieldsOf(value, tag, isOwn, maker)] : parts);
      }
    }
    flush();
    return { hash: hash.digest("hex"), hidden, functions };
  }

  function methodsOf(value: object): PropertyDescriptor[] {
    return Object.values(Object.getOwnPropertyDescriptors((value as { prototype?: object }).prototype ?? {}));
  }

  function textOf(value: unknown): string {
    return typeof value === "function" ? Function.prototype.toString.call(value) : "";
  }

  /** Of a function, and of what stands in its prototype. */
  function textsOf(value: object): number[] {
    return [value, ...methodsOf(value).map((field): unknown => field.value)].map(textOf).map((text) => {
      if (!texts.has(text)) texts.set(text, texts.size);
      return texts.get(text)!;
    });
  }

  /** What a built-in object holds, besides fields. */
  async function partsOf(value: object, tag: string): Promise<unknown[]> {
    if (Array.isArray(value)) return value;
    if (value instanceof Map) return [...value].flat();
    if (value instanceof Set) return [...value];
    if (value instanceof Date) return [value.getTime()];
    if (value instanceof RegExp) return [String(value), value.lastIndex];
    if (value instanceof URL) return [value.href];
    if (value instanceof URLSearchParams || value instanceof Headers || value instanceof FormData) {
      return ["entries", ...[...value].flat()];
    }
    if (value instanceof Error) return [value.name, value.message];
    if (/^(?:Number|String|Boolean)$/.test(tag)) return [value.valueOf()];
    if (value instanceof ArrayBuffer) return [new Uint8Array(value)];
    if (!(value instanceof Promise)) return [];
    const hadEnded = answers !== undefined && answers[asked++] === "1"; // there it had the time that cells take
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, hadEnded ? LONGEST_MS : SETTLES_MS, ["pending"]);
    });
    const ended = await Promise.race([value.then((one) => ["done", one], (one) => ["failed", one]), late]) as unknown[];
    clearTimeout(timer);
    if (answers === undefined) told.push(ended[0] === "pending" ? "0" : "1");
    return ended;
  }

  async function fieldsOf(value: object, tag: string, isOwn: boolean, maker: unknown): Promise<unknown[]> {
    const fields: unknown[] = [];
    if (!Array.isArray(value)) {
      for (const key of Reflect.ownKeys(value)) {
        const field = Object.getOwnPropertyDescriptor(value, key)!;
        if (field.enumerable || (isOwn && key !== "constructor" && tag !== "Error")) {
          fields.push(String(key), "value" in field ? field.value : "get");
        }
      }
    }
    const hides = tag !== "Error" && typeof maker === "function" && hasPrivate(value);
    return hides ? [...fields, ...(await look(value)).fields] : fields;
  }

  /** Whether a class that made it says `#name`. */
  function hasPrivate(value: object): boolean {
    for (let at = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
      if (textOf(Object.getOwnPropertyDescriptor(at, "constructor")?.value).includes("#")) return true;
    }
    return false;
  }

  /** Whether a function is of a cell, or also of a package. */
  async function isOf(value: unknown, isPackageToo: boolean): Promise<boolean> {
    if (answers !== undefined) return answers[asked++] === "1";
    const { url } = await look(value);
    const isThing = library !== undefined && url.startsWith(library) && !DATA.test(url);
    const is = url !== "" && !BUILT_IN.test(url) && (isPackageToo ? !isThing : !PACKAGES.test(url));
    told.push(is ? "1" : "0");
    return is;
  }

  function look(value: unknown): Promise<Inside> {
    let inside = looked.get(value);
    if (inside === undefined) looked.set(value, inside = lookInto(value));
    return inside;
  }

  /** Asks V8: private fields, and what a function holds of the names in its text, in the order of these. */
  async function lookInto(value: unknown): Promise<Inside> {
    looks++;
    shared[LOOKED] = value;
    const expression = `globalThis.${LOOKED}`;
    const { result } = await post("Runtime.evaluate", { expression, objectGroup: LOOKED });
    const { objectId } = result;
    const { internalProperties = [], privateProperties = [] } = await post("Runtime.getProperties", {
      objectId,
      ownProperties: true,
    });
    if (typeof value !== "function") {
      const held = (privateProperties as { name: string; value?: object }[]).filter((one) => one.value !== undefined);
      const given = await take(objectId, held.map((one) => one.value!));
      return { url: "", fields: held.flatMap(({ name }, at) => [name.replace(ACCESSOR, "#$1$2"), given[at]]) };
    }
    const internal = new Map<string, { value?: { scriptId: string }; objectId?: string }>(
      internalProperties.map((one: { name: string; value: object }) => [one.name, one.value]),
    );
    const url = scripts.get(internal.get("[[FunctionLocation]]")?.value?.scriptId ?? "") ?? "";
    const scopes = internal.get("[[Scopes]]")?.objectId;
    const found = scopes === undefined
      ? []
      : (await post("Runtime.getProperties", { objectId: scopes, ownProperties: true })).result as {
        value?: { objectId?: string; description?: string };
      }[];
    const inner = found.flatMap(({ value }) =>
      value?.objectId === undefined || /^(?:Script|Global|Module)\b/.test(value.description ?? "") ? [] : [value]
    );
    const held = new Map<string, unknown>();
    for (const { object } of (await take(objectId, inner) as { object: object }[]).toReversed()) {
      for (const name of Object.keys(object)) {
        try {
          held.set(name, (object as Record<string, unknown>)[name]);
        } catch {
          // not there yet: it stands further down
        }
      }
    }
    const text = textOf(value);
    const isLowered = LOWERED.test(text);
    const own = [...held].filter(([name, one]) => !LOWERED.test(textOf(one)) && !(isLowered && name.startsWith("_")));
    const placed = own.map(([name, one]) => ({ one, at: placeOf(name, text) })).filter(({ at }) => at >= 0);
    return { url, fields: placed.toSorted((one, other) => one.at - other.at).map(({ one }) => one) };
  }

  function placeOf(name: string, text: string): number {
    if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) || name === "this" || name === "arguments") return -1;
    return text.search(new RegExp(`(?<![\\p{L}\\p{N}_$])${name.replaceAll("$", "\\$")}(?![\\p{L}\\p{N}_$])`, "u"));
  }

  /** The values behind what V8 calls them. */
  async function take(objectId: string, remote: readonly object[]): Promise<unknown[]> {
    if (remote.length === 0) return [];
    let taken: unknown[] = [];
    shared[LOOKED] = (...given: unknown[]) => void (taken = given);
    await post("Runtime.callFunctionOn", {
      functionDeclaration: `function(...given) { globalThis.${LOOKED}(...given); }`,
      objectId,
      arguments: remote.map((one) => {
        const { objectId, value, unserializableValue } = one as Record<string, unknown>;
        if (objectId !== undefined) return { objectId };
        return unserializableValue === undefined ? { value } : { unserializableValue };
      }),
    });
    return taken;
  }

  /** The debugger tells every script there is when it is enabled; nothing pauses in the meantime. */
  async function readScripts(): Promise<void> {
    const listening = session as unknown as { on(name: string, listen: (told: unknown) => void): void };
    listening.on("Debugger.scriptParsed", (told) => {
      const { scriptId, url } = (told as { params: { scriptId: string; url: string } }).params;
      scripts.set(scriptId, url);
    });
    await post("Debugger.enable");
    await post("Debugger.setSkipAllPauses", { skip: true });
    await post("Debugger.disable");
  }
}
