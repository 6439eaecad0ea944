import type { Fault } from "../errors.ts";
import { fitsTensor, type TensorSpec } from "../tensor/tensor_spec.ts";
import { errorFault, warningFault } from "./fault.ts";
import type { StepDefinition } from "./operator.ts";
import type { StepSignature } from "./signature.ts";
import type { StepOptions } from "./step.ts";

/** A step as the check of its neighbours sees it; other steps are told by their index. */
export interface TypedStep {
  readonly name: string;
  readonly definition: StepDefinition;
  readonly options: StepOptions;
  readonly next: readonly number[];
  readonly signatures: readonly StepSignature[];
}

/** One side of a link: the step, and what it gives or takes. */
interface Side {
  readonly step: string;
  readonly route: string | undefined;
  readonly tensors: readonly TensorSpec[];
}

/**
 * The faults between steps that say which tensors they give and take. A step that says nothing breaks the knowledge; one that passes
 * bodies on as they came carries it.
 */
export function checkEdges(steps: readonly TypedStep[]): Fault[] {
  return steps.flatMap((step) => {
    const given = sidesOf(step, "outputs");
    if (given.length === 0 || step.options.fullEvent === true) return [];
    const takers = takersBehind(steps, step).filter(({ options }) =>
      options.fullEvent !== true && options.inputPath === step.options.resultPath
    );
    return takers.flatMap((taker) =>
      sidesOf(taker, "inputs").flatMap((taken) => given.flatMap((side) => checkEdge(side, taken)))
    );
  });
}

function sidesOf({ name, signatures }: TypedStep, side: "inputs" | "outputs"): Side[] {
  return signatures.flatMap(({ route, [side]: tensors = [] }) =>
    tensors.length === 0 ? [] : [{ step: name, route, tensors }]
  );
}

/** The steps that get what a step gives: those behind it, and behind steps that pass bodies on. */
function takersBehind(steps: readonly TypedStep[], { next }: TypedStep): TypedStep[] {
  const found = new Set(next);
  for (const index of found) {
    const { definition, options, next: further } = steps[index]!;
    if (definition.passes === true && options.resultPath === undefined) { for (const to of further) found.add(to); }
  }
  return [...found].map((index) => steps[index]!);
}

function checkEdge(given: Side, taken: Side): Fault[] {
  const missing: TensorSpec[] = [];
  const used = new Set<TensorSpec>();
  const faults: Fault[] = [];
  const single = given.tensors.length === 1 && taken.tensors.length === 1; // rows: one tensor, however it is called
  for (const wanted of taken.tensors) {
    const found = single ? given.tensors[0] : given.tensors.find(({ name }) => name === wanted.name);
    if (found === undefined) {
      missing.push(wanted);
      continue;
    }
    used.add(found);
    if (fitsTensor(found, wanted)) continue;
    faults.push(errorFault(
      `${told(given, "gives", [found])}, and ${told(taken, "takes", [wanted])}`,
      `Put a step between them that makes the one of the other, or mend the declaration that is wrong`,
      taken.step,
    ));
  }
  if (missing.length > 0) {
    faults.push(errorFault(
      `${told(given, "gives", given.tensors)}, and ${told(taken, "takes", missing)} as well`,
      `Give it, or put a step between them that does`,
      taken.step,
    ));
  }
  const extra = given.tensors.filter((tensor) => !used.has(tensor));
  if (extra.length > 0 && missing.length === 0) {
    faults.push(warningFault(
      `${told(given, "gives", extra)}, which ${sideName(taken)} does not take`,
      `Leave it out, or take it`,
      taken.step,
    ));
  }
  return faults;
}

function told(side: Side, verb: string, tensors: readonly TensorSpec[]): string {
  return `${sideName(side)} ${verb} ${
    tensors.map(({ name, datatype, shape }) => `"${name}" ${datatype} [${shape.join(",")}]`).join(" and ")
  }`;
}

function sideName({ step, route }: Side): string {
  return `step "${step}"${route === undefined ? "" : ` (route "${route}")`}`;
}
