import { deepStrictEqual, ok } from "node:assert/strict";
import { libraryConfig, libraryFiles, programFiles } from "../../../../lib/bundle/runtime.ts";

const WAY = /new URL\("(\.[^"]*)", import\.meta\.url\)/g;

/** What files name relative to themselves, as paths of the library; what it has not are folders, and what only a checkout has. */
function named(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([path, text]) =>
    [...text.matchAll(WAY)].map(([, way]) => new URL(way!, `http://library/top/${path}`).pathname)
  );
}

Deno.test("libraryFiles() names files by what is in them, and what they start by where it lies", async () => {
  const files = await libraryFiles();
  deepStrictEqual([...files.keys()].filter((path) => /-[A-Z0-9]{8}\./.test(path)), []); // the hash of a path of this machine
  for (const path of named(files)) {
    ok(path === "/top/" || files.has(path.replace("/top/", "")), path); // nothing above the library, as what a process may read
  }
});

Deno.test("programFiles() has the command line, that finds what serves, its guard and its workers", async () => {
  const files = await programFiles();
  const main = files.get("lib/cli/main.js")!;
  const found = named(files);
  for (const path of ["lib/cli/main.js", "lib/cli/loading_guard.js", "deno.lock"]) {
    ok(found.includes(`/top/${path}`), path);
  }
  ok([...files.values()].some((text) => /"[./]*\/lib\/cli\/serving\/serve_module\.js"/.test(text)));
  ok(main.length > 1_000);
});

Deno.test("libraryConfig() has the packages that the library asks for, at one version each, and what it is given", async () => {
  const { imports } = await libraryConfig({ levada: "./mod.js" });
  ok(imports["onnxruntime-node"]?.startsWith("npm:onnxruntime-node@"));
  deepStrictEqual([imports["levada"], imports["levada/testing"]], ["./mod.js", undefined]);
});
