/** What things of the system hold that can be told: for comparing them with those of another process. */

/**
 * The data in a data base in memory, a blob, a key that may be exported, whether a signal is aborted and by what, who listens to it or to a plain
 * target of events, and, where objects of packages are looked into too, the
 * listeners of a plain emitter of `node:events`. Undefined: it is no such thing. Runs by its text in processes that have no library.
 */
export async function systemData(value: object, isOpen: boolean): Promise<unknown[] | undefined> {
  if (value instanceof Blob) {
    const isFile = Object.prototype.toString.call(value) === "[object File]"; // a cell may have a class of that name
    return [value.type, isFile ? (value as File).name : null, new Uint8Array(await value.arrayBuffer())];
  }
  if (isOfSystem<CryptoKey>(value, "CryptoKey")) {
    const { type, extractable, algorithm, usages } = value;
    const key = extractable ? await crypto.subtle.exportKey("jwk", value).catch(() => "kept") : "kept";
    return [type, extractable, { ...algorithm }, [...usages], key];
  }
  if (value instanceof AbortController) return ["signal", value.signal];
  if (value instanceof AbortSignal) return ["aborted", value.aborted, value.reason, ...listenersOf(value)];
  if (value instanceof EventTarget && systemMaker(value) === "EventTarget") return ["listeners", ...listenersOf(value)];
  const maker = (value as { constructor?: unknown }).constructor;
  if (isOpen && typeof maker === "function" && maker.name === "EventEmitter" && Object.hasOwn(value, "_events")) {
    const emitter = value as { eventNames(): PropertyKey[]; rawListeners(name: PropertyKey): unknown[] };
    return ["listeners", ...emitter.eventNames().flatMap((name) => [String(name), emitter.rawListeners(name)])];
  }
  return isOfSystem<Database>(value, "DatabaseSync") ? readDatabase(value) : undefined;

  interface Database {
    readonly isOpen: boolean;
    location(): string | null;
    prepare(sql: string): { setReadBigInts(is: boolean): void; all(): Record<string, unknown>[] };
  }

  /** Whether a class of the system that is called so made it, or one that extends that. */
  function isOfSystem<Thing extends object>(value: object, name: string): value is Thing {
    for (let at = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
      const made = Object.getOwnPropertyDescriptor(at, "constructor")?.value;
      if (typeof made !== "function" || made.name !== name) continue;
      if (Function.prototype.toString.call(made).includes("[native code]")) return true;
    }
    return false;
  }

  /** What the system calls the class that it has made, or that others extend. */
  function systemMaker(value: object): string | undefined {
    for (let at = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
      const made = Object.getOwnPropertyDescriptor(at, "constructor")?.value;
      if (typeof made === "function" && Object.hasOwn(globalThis, made.name)) return made.name;
    }
    return undefined;
  }

  /** Deno keeps them behind a symbol without a name. */
  function listenersOf(target: EventTarget): unknown[] {
    const kept = Object.getOwnPropertySymbols(target).map((key) => (target as unknown as Record<symbol, unknown>)[key])
      .find((one): one is { listeners: Record<string, Listener[]> } =>
        typeof one === "object" && one !== null && "listeners" in one && "assignedSlot" in one
      );
    return Object.entries(kept?.listeners ?? {}).flatMap(([type, listeners]) =>
      listeners.flatMap(({ callback, options: { capture, once } }) => [
        type,
        (callback as { handler?: unknown }).handler ?? callback, // what was set as onabort
        capture,
        once,
      ])
    );
  }

  interface Listener {
    readonly callback: unknown;
    readonly options: { readonly capture: boolean; readonly once: boolean };
  }

  function readDatabase(database: Database): unknown[] {
    if (!database.isOpen) return ["closed"];
    if (database.location() !== null) return ["file"]; // what is in a file may be another's
    const read = (sql: string): unknown[] => {
      try {
        const statement = database.prepare(sql);
        statement.setReadBigInts(true);
        return statement.all().flatMap((row) => Object.values(row));
      } catch (error) {
        return [error]; // a column that cannot be computed
      }
    };
    const schemas = ["sqlite_schema", "sqlite_temp_schema"].map((from) => read(`select name, sql from ${from}`));
    const tables = ["sqlite_schema", "sqlite_temp_schema"].map((from) =>
      `select name from ${from} where type = 'table'`
    );
    const names = tables.flatMap(read).map(String);
    return [schemas, ...names.map((name) => read(`select * from "${name.replaceAll('"', '""')}"`))];
  }
}
