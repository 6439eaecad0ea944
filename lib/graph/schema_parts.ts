/** What zod knows of a schema or a check. */
export interface SchemaNode {
  readonly _zod: {
    readonly def: Readonly<Record<string, unknown>>;
    readonly innerType?: unknown;
    check?: (payload: object) => unknown;
    run?: (payload: object, context: { readonly async?: boolean }) => unknown;
  };
}

/** No more is looked at. */
export const MOST_NODES = 10_000;

/** What a schema is made of, its checks too; and the lazy ones of it into which nobody looked. */
export interface SchemaParts {
  readonly nodes: ReadonlySet<SchemaNode>;
  readonly closed: readonly SchemaNode[];
}

/**
 * Takes a schema of zod apart, looking so many times into lazy ones: a function that makes a schema of itself has no end, and zod keeps
 * what it made, and overflows where that is deep.
 */
export function partsOf(schema: unknown, mostLazies: number): SchemaParts {
  const nodes = new Set<SchemaNode>();
  let closed = addNodes(nodes, [schema]);
  for (let depth = 0; depth < mostLazies && closed.length > 0 && nodes.size < MOST_NODES; depth += 1) {
    const deeper = addNodes(nodes, closed.map(({ _zod }) => within(_zod)));
    closed = nodes.size < MOST_NODES ? deeper : [...closed, ...deeper];
  }
  return { nodes, closed };
}

/** Adds what stands in these, and gives the lazy ones among that. */
function addNodes(nodes: Set<SchemaNode>, left: unknown[]): SchemaNode[] {
  const lazies: SchemaNode[] = [];
  while (left.length > 0 && nodes.size < MOST_NODES) {
    const value = left.pop();
    if (typeof value !== "object" || value === null) continue;
    if (!isNode(value)) {
      if (isPlain(value)) pushAll(left, value);
    } else if (!nodes.has(value)) {
      nodes.add(value);
      const { def } = value._zod;
      if (isLazy(def)) lazies.push(value);
      pushAll(left, isLazy(def) ? { checks: def.checks, catchall: def.catchall } : def);
    }
  }
  return lazies;
}

/** Whether a schema makes what is in it only when that is asked for: `z.lazy`, and objects with getters that nobody has read. */
function isLazy(def: SchemaNode["_zod"]["def"]): boolean {
  if (def.type === "lazy") return true;
  const shape = Object.getOwnPropertyDescriptor(def, "shape")?.get as { readonly raw?: object } | undefined;
  return shape !== undefined && (shape.raw === undefined ||
    Object.values(Object.getOwnPropertyDescriptors(shape.raw)).some(({ get }) => get !== undefined));
}

/** What a lazy schema makes when it is asked for. */
export function within(zod: SchemaNode["_zod"]): unknown {
  return zod.def.type === "lazy" ? zod.innerType : zod.def.shape;
}

function pushAll(left: unknown[], parts: object): void {
  for (const part of Object.values(parts)) if (typeof part === "object") left.push(part); // a list may have more than a call takes
}

function isNode(value: object): value is SchemaNode {
  return typeof (value as Partial<SchemaNode>)._zod?.def === "object";
}

function isPlain(value: object): boolean {
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
