import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { importedIn, resolveImports, resolveRelative } from "../../../../lib/bundle/resolve_imports.ts";

Deno.test("importedIn() tells what a module imports, by each kind of import, and no text that looks like it", () => {
  const code = `import a from "npm:a@1"; import "npm:b@1"; export { c } from 'npm:c@1'; export * from "npm:d@1";
const late = () => import("npm:e@1"), made = (name) => import(name), twice = import("npm:a@1");
console.log("npm:left-pad@1", 'import "npm:f@1"', \`from "npm:g@1"\`); // import "npm:h@1"`;
  deepStrictEqual(importedIn(code).sort(), ["a", "b", "c", "d", "e"].map((name) => `npm:${name}@1`));
});

Deno.test("resolveImports() and resolveRelative() write imports anew, and leave texts as they are", () => {
  strictEqual(
    resolveImports(`import { a } from "levada"; import b from "b/deep"; console.log("b")`, { b: "npm:b@2" }),
    `import { a } from "./levada/mod.js"; import b from "npm:b@2/deep"; console.log("b")`,
  );
  strictEqual(
    resolveRelative(`import a from "./a.ts"; const b = "./b.ts";`, "file:///x/y.ts"),
    `import a from "file:///x/a.ts"; const b = "./b.ts";`,
  );
});
