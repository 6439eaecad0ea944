import { deepStrictEqual } from "node:assert/strict";
import type { Notebook } from "../../../../kernel/client/notebook.ts";
import { listImports } from "../../../../lib/cli/imports.ts";

function notebook(...sources: string[]): Notebook {
  const cells = sources.map((source, index) => ({
    id: `c${index}`,
    cell_type: "code" as const,
    metadata: {},
    source,
    execution_count: null,
    outputs: [],
  }));
  return { metadata: {}, cells };
}

Deno.test("listImports() finds every form of import once", () => {
  const found = listImports(
    notebook(
      'import { a,\n  type B } from "one";\nimport * as two from "npm:two@2";',
      "import 'three'; import four from \"one\";\nconst five = await import('five');",
      'export { six } from "six"',
    ),
    "/notes/a.ipynb",
  );
  deepStrictEqual(found, ["one", "npm:two@2", "three", "five", "six"]);
});

Deno.test("listImports() makes relative names addresses beside the notebook", () => {
  deepStrictEqual(listImports(notebook('import a from "./a.ts"; import b from "../b.ts";'), "/notes/x/a.ipynb"), [
    "file:///notes/x/a.ts",
    "file:///notes/b.ts",
  ]);
});

Deno.test("listImports() takes no word for an import that is none", () => {
  const code = 'const important = "x"; f("import"); const t = "from"; importAll("y"); a.import ("z")\nimport(name)';
  deepStrictEqual(listImports(notebook(code), "a.ipynb").includes("x"), false);
  deepStrictEqual(listImports(notebook(code), "a.ipynb").includes("y"), false);
});
