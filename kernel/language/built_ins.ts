/** The names that no cell may declare: cells share the global scope with all other code of their process, which means others by them. */
import process from "node:process";
import type { Program } from "oxc-parser";
import { declaredBy } from "./names.ts";

/** What the language itself has. @see Source: ECMA-262, "The Global Object", and what V8 has beyond it. */
export const OF_THE_LANGUAGE: ReadonlySet<string> = new Set(
  `AggregateError Array ArrayBuffer AsyncDisposableStack Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date DisposableStack
  Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl
  Iterator JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String
  SuppressedError Symbol SyntaxError Temporal TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef
  WeakSet WebAssembly decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval globalThis isFinite isNaN parseFloat
  parseInt undefined unescape`.split(/\s+/),
);

/** What Deno has besides, as far as the library and the kernel use it where cells run: `name`, `event` and `status` are anybody's. */
export const OF_THE_PLATFORM: ReadonlySet<string> = new Set(
  `AbortController AbortSignal Blob CompressionStream DOMException DecompressionStream Deno EventTarget FormData Headers ReadableStream Request
  Response TextDecoder TextDecoderStream TextEncoder TransformStream URL URLSearchParams Worker WritableStream atob btoa clearImmediate clearInterval
  clearTimeout console crypto fetch navigator performance queueMicrotask setImmediate setInterval setTimeout structuredClone`
    .split(/\s+/),
);

/** What packages of npm mean, as the parser that bundles are made with does. */
const OF_NODE: ReadonlySet<string> = new Set(["Buffer", "global", "process"]);

/** Why a cell may not declare names, and where it declares the first of them. */
export interface RefusedNames {
  readonly message: string;
  /** Offset in the source. */
  readonly start: number;
}

/** The names that a cell declares at its top level and must not; undefined where there are none. */
export function refusedNames(program: Program, source: string): RefusedNames | undefined {
  const names = new Set<string>();
  const imports: string[] = [];
  const others = new Set<string>();
  let start = 0;
  for (const statement of program.body) {
    const found = declaredBy({ ...program, body: [statement] }).map((name) => ({ name, as: importOf(name, statement) }))
      .filter(({ name, as }) => isBuiltIn(name) && !isThere(as));
    if (found.length === 0) continue;
    if (names.size === 0) start = statement.start + placeOf(found[0]!.name, source.slice(statement.start));
    for (const { name } of found) names.add(name);
    const imported = found.flatMap(({ as }) => as ?? []);
    if (imported.length > 0) imports.push(`import ${formOf(imported)} from ${JSON.stringify(imported[0]!.from)}`);
    else for (const { name } of found) others.add(otherFor(name));
  }
  return names.size === 0 ? undefined : { message: refusalOf([...names], imports, [...others]), start };
}

function placeOf(name: string, source: string): number {
  return Math.max(0, source.search(new RegExp(`(?<![\\w$.])${name}(?![\\w$]|\\s+as\\b|\\s*:)`)));
}

function isBuiltIn(name: string): boolean {
  return OF_THE_LANGUAGE.has(name) || OF_THE_PLATFORM.has(name) || OF_NODE.has(name);
}

/** A name that is imported, and what it is there: `default`, `*` for all. */
interface Imported {
  readonly name: string;
  readonly from: string;
  readonly exported: string;
}

function importOf(name: string, statement: Program["body"][number]): Imported | undefined {
  if (statement.type !== "ImportDeclaration") return undefined;
  const found = statement.specifiers.find(({ local }) => local.name === name);
  if (found === undefined) return undefined;
  const from = statement.source.value;
  if (found.type === "ImportDefaultSpecifier") return { name, from, exported: "default" };
  if (found.type === "ImportNamespaceSpecifier") return { name, from, exported: "*" };
  const { imported } = found;
  return { name, from, exported: imported.type === "Literal" ? JSON.stringify(imported.value) : imported.name };
}

/** Whether what is imported is what stands under its name anyway, as `process` of `node:process`. */
function isThere(imported: Imported | undefined): boolean {
  if (imported === undefined || imported.exported === "*" || !imported.from.startsWith("node:")) return false;
  const { name, from, exported } = imported;
  const all = process.getBuiltinModule(from) as unknown as Record<string, unknown> | undefined; // itself its default
  return all !== undefined &&
    (exported === "default" ? all : all[exported]) === (globalThis as unknown as typeof all)[name];
}

function refusalOf(names: readonly string[], imports: readonly string[], others: readonly string[]): string {
  const owners = listed([...new Set(names.map(ownerOf))]);
  const [needed, it, another] = names.length === 1
    ? [`the ${names[0]} of ${owners} itself`, "it", "another"]
    : [`those of ${owners}`, "them", "others"];
  return [
    `Cannot declare ${
      listed(names.map((name) => `"${name}"`))
    }: cells share their names with the library and all its packages, which need ${needed}`,
    ...imports.length === 0 ? [] : [`Import ${it} as ${another}: ${imports.join("; ")}`],
    ...others.length === 0 ? [] : [`Give ${it} ${another}, such as ${listed(others)}`],
  ].join(". ");
}

function ownerOf(name: string): string {
  return OF_THE_LANGUAGE.has(name) ? "JavaScript" : OF_NODE.has(name) ? "Node" : "Deno";
}

function otherFor(name: string): string {
  return `my${name[0]!.toUpperCase()}${name.slice(1)}`;
}

/** What one statement imports, under other names. */
function formOf(imported: readonly Imported[]): string {
  const forms = imported.map(({ name, exported }) => {
    const other = otherFor(name);
    return exported === "default" ? other : `${exported} as ${other}`;
  });
  const isNamed = ({ exported }: Imported) => exported !== "default" && exported !== "*";
  const named = forms.filter((_, at) => isNamed(imported[at]!));
  return [...forms.filter((_, at) => !isNamed(imported[at]!)), ...named.length === 0 ? [] : [`{ ${named.join(", ")} }`]]
    .join(", ");
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
