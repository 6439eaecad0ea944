/** Decorators as ECMAScript and TypeScript 5 have them, which V8 does not run yet and oxc does not lower. */

/** Script without decorators and types, and the `mappings` back. */
export interface Lowered {
  readonly code: string;
  readonly mappings: string;
}

/** Lowers decorators by TypeScript itself, which is loaded when a cell first needs it. JSX stays as it is. */
export async function lowerDecorators(code: string): Promise<Lowered> {
  const { default: typescript } = await import("typescript");
  const { JsxEmit, ModuleKind, ScriptTarget } = typescript;
  const { outputText, sourceMapText } = typescript.transpileModule(code, {
    fileName: "cell.tsx",
    compilerOptions: {
      jsx: JsxEmit.Preserve,
      module: ModuleKind.ESNext,
      target: ScriptTarget.ES2022,
      sourceMap: true,
      verbatimModuleSyntax: true,
    },
  });
  const { mappings } = JSON.parse(sourceMapText ?? "{}") as { mappings?: string };
  return { code: outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, ""), mappings: mappings ?? "" };
}
