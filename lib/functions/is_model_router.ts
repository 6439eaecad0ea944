import type { Plan } from "../graph/compile.ts";

/** Whether one model router is the whole flow, with nothing about it that sees a request's body: no check, no code, no handler, no path in it. */
export function isModelRouter({ starts, steps, input }: Plan): boolean {
  const [step] = steps;
  if (step === undefined || steps.length > 1 || starts.length !== 1 || input !== undefined) return false;
  const { definition, spec, handlers, options } = step;
  return definition.kind === "modelRouter" && Object.keys(spec.code).length === 0 && handlers.length === 0 &&
    options.inputPath === undefined && options.resultPath === undefined;
}
