/** Decorators as ECMAScript and TypeScript 5 have them, which V8 does not run yet and oxc does not lower. */

/** Script without decorators and types, and the `mappings` back. */
export interface Lowered {
  readonly code: string;
  readonly mappings: string;
}

/** The part of `typescript` that is used here; its own types would be fetched with everything else of it. */
interface TypeScript {
  readonly JsxEmit: { readonly Preserve: number };
  readonly ModuleKind: { readonly ESNext: number };
  readonly ScriptTarget: { readonly ES2022: number };
  transpileModule(
    code: string,
    options: { readonly fileName: string; readonly compilerOptions: Readonly<Record<string, unknown>> },
  ): { readonly outputText: string; readonly sourceMapText?: string };
}

/** Lowers decorators by TypeScript itself, which is loaded when a cell first needs it. JSX stays as it is. */
export async function lowerDecorators(code: string): Promise<Lowered> {
  const name = "typescript"; // in a variable: a literal would be fetched by every kernel
  const { default: typescript } = await import(name) as { default: TypeScript };
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
