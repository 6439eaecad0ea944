import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { createContext, runInContext } from "node:vm";
import { parseSync } from "oxc-parser";
import { OF_THE_LANGUAGE, OF_THE_PLATFORM, refusedNames } from "../../../../kernel/language/built_ins.ts";
import { freeNames } from "../../../../lib/scope/free_names.ts";
import { EngineBench } from "../engine/_bench.ts";

const ROOT = new URL("../../../../", import.meta.url);

/** The names that modules below a folder take from outside, types apart. */
async function usedBelow(folder: URL, names = new Set<string>()): Promise<Set<string>> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const url = new URL(name, folder);
    if (isDirectory) await usedBelow(new URL(`${url}/`), names);
    else {
      const { program } = parseSync(name, await Deno.readTextFile(url), { lang: "ts", sourceType: "module" });
      for (const use of freeNames(program).uses) if (!use.isType) names.add(use.name);
    }
  }
  return names;
}

Deno.test("OF_THE_LANGUAGE has what a bare V8 has, OF_THE_PLATFORM what of Deno the library and the kernel use where cells run", async () => {
  const ofV8 = [...runInContext("Object.getOwnPropertyNames(globalThis)", createContext()) as string[]];
  deepStrictEqual(
    [...OF_THE_LANGUAGE].sort(),
    ofV8.filter((name) => !["console", "queueMicrotask", "gc"].includes(name)).sort(), // `gc` where a test has collected garbage
  );
  const used = new Set<string>();
  const rooms = [...Deno.readDirSync(new URL("lib/", ROOT))].filter(({ name, isDirectory }) =>
    isDirectory && name !== "cli"
  );
  for (const { name } of rooms) await usedBelow(new URL(`lib/${name}/`, ROOT), used);
  for (const name of ["engine", "show"]) await usedBelow(new URL(`kernel/${name}/`, ROOT), used);
  const platform = [...used].filter((name) => name in globalThis && !OF_THE_LANGUAGE.has(name));
  deepStrictEqual(platform.filter((name) => !OF_THE_PLATFORM.has(name)), [], "used, and not among those refused");
  const anywhere = await usedBelow(new URL("lib/", ROOT));
  deepStrictEqual([...OF_THE_PLATFORM].filter((name) => !anywhere.has(name)), [], "refused, and not used");
});

Deno.test("refusedNames() finds every way to declare a name at the top level, and no other", () => {
  const refused = (code: string) => {
    const { program } = parseSync("cell.tsx", code, { lang: "tsx", sourceType: "module" });
    const found = refusedNames(program, code);
    return found && [/"(\w+)"/.exec(found.message)?.[1], found.start];
  };
  const cases: readonly (readonly [code: string, name: string, start: number])[] = [
    ["const Map = 1;", "Map", 6],
    ["let a = Map, { x: Map, ...rest } = a;", "Map", 8],
    ["1; class Set {}", "Set", 9],
    ["function Promise() {}", "Promise", 9],
    ["enum Math { a }", "Math", 5],
    ["namespace JSON { export const a = 1; }", "JSON", 10],
    ["export const [Object] = [1];", "Object", 14],
    ['import { Map } from "./m.ts";', "Map", 9],
    ['import { Map as Array } from "./m.ts";', "Array", 16],
    ['import * as Reflect from "./m.ts";', "Reflect", 12],
    ['import fetch from "./m.ts";', "fetch", 7],
    ["var performance = 0.9;", "performance", 4],
    ["function process(x: number) { return x; }", "process", 9],
    ["const Buffer = [];", "Buffer", 6],
    ["const global = 1;", "global", 6],
    ['import { URL } from "node:nothing";', "URL", 9],
    ['import { URL } from "url";', "URL", 9],
    ['import process from "./process.ts";', "process", 7],
  ];
  for (const [code, name, start] of cases) deepStrictEqual(refused(code), [name, start], code);
  const allowed = [
    "const name = 1, status = 2, event = 3, alert = 4, test = 5, top = 5, Event = 6, File = 6, CryptoKey = 6, length = 7, location = 8;",
    'import { Map as Pairs } from "./m.ts";',
    'import type { Map } from "./m.ts"; import { type Set } from "./m.ts";',
    "interface Map {} type Response = string; declare const Set: number;",
    'import process from "node:process"; import { Buffer } from "node:buffer"; import { URL, URL as URLSearch } from "node:url";',
    "{ const Map = 1; }",
    "function of(Map: number) { const Set = Map; return Set; }",
    "globalThis.fetch = fetch; Map.name;",
  ];
  for (const code of allowed) strictEqual(refused(code), undefined, code);
});

Deno.test("the cure of an import that is refused has the form of the import", () => {
  const cases = {
    'import crypto from "node:crypto"': 'import myCrypto from "node:crypto"',
    'import * as process from "node:process"': 'import * as myProcess from "node:process"',
    'import x, { Map } from "immutable"': 'import { Map as myMap } from "immutable"',
    'import { all as Map, y } from "immutable"': 'import { all as myMap } from "immutable"',
    'import { "a b" as Map } from "immutable"': 'import { "a b" as myMap } from "immutable"',
    'import { setTimeout } from "node:timers/promises"':
      'import { setTimeout as mySetTimeout } from "node:timers/promises"',
  };
  for (const [code, cure] of Object.entries(cases)) {
    const { program } = parseSync("cell.ts", code, { lang: "ts", sourceType: "module" });
    strictEqual(refusedNames(program, code)!.message.split("itself. ")[1], `Import it as another: ${cure}`);
  }
});

Deno.test("refusedNames() tells all names of a cell at once, each with its cure", () => {
  const code = `const a = 1;
import fetch, { Map, Set as Array, List } from "immutable";
import Promise, * as JSON from "./m.ts"; import { Map as Set } from "./m.ts";
class Map {} const { URL, process } = a; function Map() {}`;
  const { program } = parseSync("cell.ts", code, { lang: "ts", sourceType: "module" });
  deepStrictEqual(refusedNames(program, code), {
    message:
      'Cannot declare "fetch", "Map", "Array", "Promise", "JSON", "Set", "URL" and "process": cells share their names with the library and all ' +
      "its packages, which need those of Deno, JavaScript and Node. " +
      'Import them as others: import myFetch, { Map as myMap, Set as myArray } from "immutable"; import myPromise, * as myJSON from "./m.ts"; ' +
      'import { Map as mySet } from "./m.ts". Give them others, such as myMap, myURL and myProcess',
    start: 20,
  });
});

Deno.test("a cell that declares a built-in is refused with its line and the cure before anything of it runs; those after it, and the library, go on", async () => {
  await using folder = {
    path: await Deno.makeTempDir(),
    [Symbol.asyncDispose]: () => Deno.remove(folder.path, { recursive: true }),
  };
  await Deno.writeTextFile(`${folder.path}/maps.ts`, `export class Map { hi() { return "hi"; } }`);
  await using bench = await EngineBench.open({ directory: folder.path });
  const { traceback } = await bench.run(`const before = 1;\nimport { Map } from "./maps.ts";`);
  deepStrictEqual(traceback, [
    `SyntaxError: Cannot declare "Map": cells share their names with the library and all its packages, which need the Map of JavaScript ` +
    `itself. Import it as another: import { Map as myMap } from "./maps.ts"`,
    `2 | import { Map } from "./maps.ts";`,
    `             ^`,
  ]);
  match((await bench.run("class Map {}")).traceback[0]!, /Give it another, such as myMap$/);
  match(
    (await bench.run("const performance = 0.95;")).traceback[0]!,
    /the performance of Deno itself\. Give it another, such as myPerformance$/,
  );
  match(
    (await bench.run("const process = 1;")).traceback[0]!,
    /the process of Node itself\. Give it another, such as myProcess$/,
  );
  strictEqual(
    (await bench.run(`import process from "node:process"; process === globalThis.process`)).value,
    "true",
  );
  strictEqual((await bench.run("typeof before")).value, '"undefined"');
  const graph = `import { Map as Pairs } from "./maps.ts";
const name = "n", status = 3, event = { id: 1 }, Event = 4;
const { serving } = await import(${JSON.stringify(new URL("mod.ts", ROOT).href)});
const fn = serving("s");
fn.setTopology("flow").to("a", (n: number) => [n, new Pairs().hi(), name, status, event.id, Event]).respond();
await (await fn.toMockServer()).test("/", 1)`;
  strictEqual((await bench.run(graph)).value, `[ 1, "hi", "n", 3, 1, 4 ]`);
});
