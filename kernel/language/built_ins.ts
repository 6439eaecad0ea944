/** The names that no cell may declare: cells share the global scope with all other code of their process, which means others by them. */
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

/** Why a cell may not declare a name, and where it does. */
export interface RefusedName {
  readonly message: string;
  /** Offset in the source. */
  readonly start: number;
}

/** The first name that a cell declares at its top level and must not; undefined where there is none. */
export function refusedName(program: Program, source: string): RefusedName | undefined {
  for (const statement of program.body) {
    const name = declaredBy({ ...program, body: [statement] }).find(isBuiltIn);
    if (name === undefined) continue;
    const at = source.slice(statement.start).search(new RegExp(`(?<![\\w$.])${name}(?![\\w$]|\\s+as\\b|\\s*:)`));
    return {
      message: refusalOf(name, statement.type === "ImportDeclaration"),
      start: statement.start + Math.max(0, at),
    };
  }
  return undefined;
}

function isBuiltIn(name: string): boolean {
  return OF_THE_LANGUAGE.has(name) || OF_THE_PLATFORM.has(name);
}

function refusalOf(name: string, isImported: boolean): string {
  const other = `my${name[0]!.toUpperCase()}${name.slice(1)}`;
  const cure = isImported
    ? `Import it as another: import { ${name} as ${other} }`
    : `Give it another, such as ${other}`;
  const onPurpose = OF_THE_PLATFORM.has(name) ? `; or set globalThis.${name}, where all shall use yours` : "";
  return `Cannot declare "${name}": cells share their names with the library and all its packages, which need the ${name} of ` +
    `${OF_THE_LANGUAGE.has(name) ? "JavaScript" : "Deno"} itself. ${cure}${onPurpose}`;
}
