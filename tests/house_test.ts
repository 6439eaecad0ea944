import { deepStrictEqual } from "node:assert/strict";
import { parseSync } from "oxc-parser";

/** What each room may import besides itself: the arrows of the house. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  "lib/errors.ts": [],
  "lib/tensor": ["lib/errors.ts"],
  "lib/protocol": ["lib/errors.ts", "lib/tensor", "lib/graph"],
  "lib/draw": ["lib/errors.ts"],
  "lib/stores": ["lib/errors.ts"],
  "lib/streams": ["lib/errors.ts"],
  "lib/graph": ["lib/errors.ts", "lib/draw", "lib/tensor"],
  "lib/flow": ["lib/errors.ts", "lib/graph", "lib/streams"],
  "lib/steps": ["lib/errors.ts", "lib/graph", "lib/flow", "lib/protocol", "lib/stores"],
  "lib/models": ["lib/errors.ts", "lib/graph", "lib/protocol", "lib/stores", "lib/tensor"],
  "lib/routers": ["lib/errors.ts", "lib/flow", "lib/graph", "lib/models", "lib/protocol", "lib/steps"],
  "lib/serve": ["lib/errors.ts", "lib/draw", "lib/flow", "lib/graph", "lib/protocol", "lib/routers"],
  "lib/functions": [
    "lib/errors.ts",
    "lib/flow",
    "lib/graph",
    "lib/models",
    "lib/routers",
    "lib/serve",
    "lib/steps",
    "lib/streams",
  ],
  "lib/testing": ["lib/errors.ts", "lib/flow", "lib/functions", "lib/graph", "lib/streams"],
  "lib/cli": ["lib/errors.ts", "lib/draw", "lib/functions", "kernel/client", "kernel/install.ts"],
  "kernel/wire": [],
  "kernel/message": [],
  "kernel/socket": ["kernel/wire"],
  "kernel/show": ["lib/errors.ts", "lib/draw"],
  "kernel/language": [],
  "kernel/engine": ["kernel/language", "kernel/show"],
  "kernel/session": ["kernel/message", "kernel/socket", "kernel/engine", "kernel/language"],
  "kernel/client": ["kernel/message", "kernel/socket", "lib/draw"],
  "kernel/main.ts": ["kernel/session", "kernel/message", "kernel/socket", "kernel/engine", "kernel/language"],
  "kernel/install.ts": ["lib/errors.ts"],
};

const LINES_AT_MOST = 300;
const ROOT = new URL("../", import.meta.url);

/** Every TypeScript file below a folder, relative to the project. */
function* sources(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sources(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** The room of a file: its folder, or the file itself where it stands alone. */
function roomOf(path: string): string {
  const [top, room] = path.split("/");
  return `${top}/${room}`;
}

/** What a file imports and exports, by its parsed text. */
function importsOf(path: string): { readonly specifiers: string[]; readonly exported: string[] } {
  const text = read(path);
  const { staticImports, staticExports, dynamicImports } = parseSync(path, text).module;
  const exports = staticExports.flatMap(({ entries }) => entries);
  return {
    specifiers: [
      ...staticImports.map(({ moduleRequest }) => moduleRequest.value),
      ...exports.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
      ...dynamicImports.map(({ moduleRequest: { start, end } }) => text.slice(start + 1, end - 1)),
    ],
    exported: exports.flatMap(({ exportName }) => exportName.name ?? []),
  };
}

const FILES = [...sources("lib"), ...sources("kernel")];

Deno.test("the arrows of the house go one way", () => {
  const wrong = FILES.flatMap((path) => {
    const room = roomOf(path);
    const allowed = ARROWS[room];
    if (allowed === undefined) return [`${path}: room ${room} is not in the plan`];
    return importsOf(path).specifiers.filter((specifier) => specifier.startsWith(".")).flatMap((specifier) => {
      const target = roomOf(new URL(specifier, new URL(path, ROOT)).href.slice(ROOT.href.length));
      return target === room || allowed.includes(target) ? [] : [`${path} imports ${specifier}`];
    });
  });
  deepStrictEqual(wrong, []);
});

Deno.test("the README names each room of lib once", () => {
  const [, rooms = ""] = /## The rooms\n([^]*)/.exec(read("README.md")) ?? [];
  const named = [...rooms.matchAll(/^\| `(lib\/[^`]+)`/gm)].map(([, room]) => room!).sort();
  deepStrictEqual(named, Object.keys(ARROWS).filter((room) => room.startsWith("lib/")).sort());
});

Deno.test("only mod.ts and testing/mod.ts are barrels", () => {
  const barrels = FILES.filter((path) => path !== "lib/testing/mod.ts").filter((path) =>
    /^export (\*|\{[^}]*\}) from/m.test(read(path))
  );
  deepStrictEqual(barrels, []);
});

Deno.test("tests/unit mirrors lib and kernel", () => {
  const files = new Set(FILES.map((path) => path.replace(/^lib\//, "lib/")));
  const orphans = [...sources("tests/unit")].filter((path) => path.endsWith("_test.ts")).filter((path) =>
    !files.has(path.replace("tests/unit/", "").replace(/_test\.ts$/, ".ts"))
  );
  deepStrictEqual(orphans, []);
});

Deno.test(`no file has more than ${LINES_AT_MOST} lines`, () => {
  const long = FILES.filter((path) => read(path).split("\n").length > LINES_AT_MOST);
  deepStrictEqual(long, []);
});

Deno.test("assertions are strict: under Deno the named deepEqual and equal of node:assert/strict are not", () => {
  const loose = [...FILES, ...sources("tests")].filter((path) =>
    path !== "tests/house_test.ts" &&
    /import \{[^}]*\b(deepEqual|equal|notEqual|notDeepEqual)\b(?! as)[^}]*\} from "node:assert/.test(read(path))
  );
  deepStrictEqual(loose, []);
});

Deno.test("packages come from npm, each at one exact version", () => {
  const { imports } = JSON.parse(read("deno.json")) as { imports: Record<string, string> };
  const loose = Object.values(imports).filter((target) =>
    !target.startsWith("./") && !/^npm:(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+(-[\w.]+)?(\/[\w./-]+)?$/.test(target)
  );
  deepStrictEqual(loose, []);
});

Deno.test("each door exports the public names that are pinned, and nothing else", () => {
  for (const [door, list] of [["mod.ts", "public_names.txt"], ["lib/testing/mod.ts", "public_names_testing.txt"]]) {
    const pinned = read(`tests/${list}`).trim().split("\n");
    deepStrictEqual(
      importsOf(door!).exported.sort(),
      pinned,
      `a new public name is a decision: write it into ${list}`,
    );
  }
});
