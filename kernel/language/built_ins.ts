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
  `AbortController AbortSignal Blob CompressionStream DOMException DecompressionStream Deno FormData Headers ReadableStream Request
  Response TextDecoder TextDecoderStream TextEncoder URL URLSearchParams Worker WritableStream btoa clearImmediate clearInterval
  clearTimeout console crypto fetch navigator performance queueMicrotask setImmediate setInterval setTimeout structuredClone`
    .split(/\s+/),
);

/** What packages of npm mean, as the parser that bundles are made with does. */
const OF_NODE: ReadonlySet<string> = new Set(["Buffer", "global", "process"]);

/** Why a cell may not declare a name, and where it does. */
export interface RefusedName {
  readonly message: string;
  /** Offset in the source. */
  readonly start: number;
}

/** The first name that a cell declares at its top level and must not; undefined where there is none. */
export function refusedName(program: Program, source: string): RefusedName | undefined {
  for (const statement of program.body) {
    const name = declaredBy({ ...program, body: [statement] }).find((name) =>
      isBuiltIn(name) && !isThere(importOf(name, statement))
    );
    if (name === undefined) continue;
    const at = source.slice(statement.start).search(new RegExp(`(?<![\\w$.])${name}(?![\\w$]|\\s+as\\b|\\s*:)`));
    return { message: refusalOf(name, importOf(name, statement)), start: statement.start + Math.max(0, at) };
  }
  return undefined;
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

function refusalOf(name: string, imported: Imported | undefined): string {
  const other = `my${name[0]!.toUpperCase()}${name.slice(1)}`;
  const owner = OF_THE_LANGUAGE.has(name) ? "JavaScript" : OF_NODE.has(name) ? "Node" : "Deno";
  return `Cannot declare "${name}": cells share their names with the library and all its packages, which need the ${name} of ${owner} itself. ` +
    (imported === undefined
      ? `Give it another, such as ${other}`
      : `Import it as another: import ${formOf(imported, other)}`);
}

function formOf({ exported, from }: Imported, other: string): string {
  const taken = exported === "default" ? other : exported === "*" ? `* as ${other}` : `{ ${exported} as ${other} }`;
  return `${taken} from ${JSON.stringify(from)}`;
}
