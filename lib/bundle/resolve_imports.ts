/** Imports of code that is bundled: relative ones before, those that stay imports after. */
import MagicString from "magic-string";
import { parseSync, type Program, Visitor } from "oxc-parser";

/** Packages that cannot be part of a module: they bring native code, or files that they look for beside themselves. */
const NATIVE = [
  "@duckdb/node-api",
  "@napi-rs/canvas",
  "@node-rs/argon2",
  "@node-rs/bcrypt",
  "@tensorflow/tfjs-node",
  "argon2",
  "bcrypt",
  "better-sqlite3",
  "canvas",
  "esbuild",
  "onnxruntime-node",
  "onnxruntime-web",
  "oxc-parser",
  "oxc-transform",
  "sharp",
  "sqlite3",
];
/** The names of the library, and where it lies in a bundle. */
const LIBRARY: Readonly<Record<string, string>> = {
  "levada": "./levada/mod.js",
  "levada/run": "./levada/lib/cli/run_bundle.js",
  "levada/testing": "./levada/lib/testing/mod.js",
};

/** What a bundler is told to leave as it is. */
export function externalNames(more: readonly string[] = []): string[] {
  const packages = [...NATIVE, ...more].flatMap((name) => [name, `npm:${name}@*`, `npm:${name}`]);
  return [...Object.keys(LIBRARY), ...packages];
}

/** Makes relative imports of a text absolute. */
export function resolveRelative(text: string, base: string): string {
  return replaceSpecifiers(
    text,
    "ts",
    (specifier) => /^\.{0,2}\//.test(specifier) ? new URL(specifier, base).href : specifier,
  );
}

/** Names what stayed an import by where it is found: the library beside the code, packages at their versions. */
export function resolveImports(code: string, imports: Readonly<Record<string, string>>): string {
  return replaceSpecifiers(code, "js", (specifier) => {
    if (Object.hasOwn(LIBRARY, specifier)) return LIBRARY[specifier]!;
    const [name] = Object.keys(imports).filter((one) => specifier === one || specifier.startsWith(`${one}/`))
      .sort((one, other) => other.length - one.length);
    const target = name === undefined ? undefined : imports[name];
    return target?.startsWith("npm:") === true ? `${target}${specifier.slice(name!.length)}` : specifier;
  });
}

/** What a module does as the main one, `import.meta.main`, is not what it does in a bundle: there it is a part. */
function hideMain(program: Program, edited: MagicString): void {
  new Visitor({
    MemberExpression: ({ object, property, start, end }) => {
      if (object.type === "MetaProperty" && property.type === "Identifier" && property.name === "main") {
        edited.overwrite(start, end, "false");
      }
    },
  }).visit(program);
}

function replaceSpecifiers(text: string, lang: "ts" | "js", replace: (specifier: string) => string): string {
  const { program, places } = importsOf(text, lang);
  const edited = new MagicString(text);
  if (lang === "js") hideMain(program, edited);
  for (const { start, end, specifier } of places) {
    const found = replace(specifier);
    if (found !== specifier) edited.overwrite(start, end, JSON.stringify(found));
  }
  return edited.toString();
}

/** What a module imports, each once: not what is called so in a text of it. */
export function importedIn(code: string): string[] {
  return [...new Set(importsOf(code, "js").places.map(({ specifier }) => specifier))];
}

interface ImportPlace {
  readonly start: number;
  readonly end: number;
  readonly specifier: string;
}

function importsOf(text: string, lang: "ts" | "js"): { program: Program; places: ImportPlace[] } {
  const { module, program } = parseSync(`code.${lang}x`, text, { lang: `${lang}x`, sourceType: "module" });
  const requests = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest),
    ...module.staticExports.flatMap(({ entries }) => entries.flatMap(({ moduleRequest }) => moduleRequest ?? [])),
    ...module.dynamicImports.map(({ moduleRequest }) => moduleRequest),
  ];
  const places = [...new Map(requests.map(({ start, end }) => [start, end]))].flatMap(([start, end]) => {
    const [, quote, specifier] = /^(["'])(.*)\1$/.exec(text.slice(start, end)) ?? [];
    return quote === undefined ? [] : [{ start, end, specifier: specifier! }]; // others are made when it runs
  });
  return { program, places };
}
