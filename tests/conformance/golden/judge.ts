/** The verdict on one case. */

import { unknownCheck } from "./checks.ts";
import { compare } from "./compare.ts";
import type { GoldenCase } from "./golden_case.ts";
import { unrecordedStep } from "./model_runner.ts";
import { Needs } from "./needs.ts";
import { perform } from "./perform.ts";
import type { Difference } from "./rule.ts";
import { RULES } from "./rules/rules.ts";

/** How a case came out. */
export type Outcome =
  | {
    readonly kind: "passed"; /** The rules that it passed by; none: it equals the recording. */
    readonly rules: readonly string[];
  }
  | { readonly kind: "failed"; readonly lines: readonly string[] }
  | { readonly kind: "skipped"; readonly reason: string };

/** Runs a case and judges it. */
export async function judgeCase(given: GoldenCase, options: { limitMs: number }): Promise<Outcome> {
  try {
    const performance = await perform(given, options);
    const lacking = lackingFor(given);
    if (lacking !== undefined) throw new Needs(lacking);
    return judge(compare(given, performance));
  } catch (error) {
    if (error instanceof Needs) return { kind: "skipped", reason: error.message };
    return { kind: "failed", lines: [`the runner failed: ${error instanceof Error ? error.stack : String(error)}`] };
  }
}

/** Judges differences by the rules: each must be what a rule says. */
export function judge(differences: readonly Difference[]): Outcome {
  const lines: string[] = [];
  const rules = new Set<string>();
  for (const difference of differences) {
    const { rule, verdict } = ruleFor(difference);
    if (rule !== undefined && verdict === "holds") rules.add(rule);
    else {lines.push(
        lineOf(
          difference,
          rule === undefined || typeof verdict !== "object" ? undefined : `rule ${rule}: ${verdict.broken}`,
        ),
      );}
  }
  return lines.length === 0 ? { kind: "passed", rules: [...rules] } : { kind: "failed", lines };
}

function ruleFor(difference: Difference) {
  for (const rule of RULES) {
    const verdict = rule.judge(difference);
    if (verdict !== undefined) return { rule: rule.name, verdict };
  }
  return {};
}

function lineOf({ aspect, text, asked }: Difference, broken: string | undefined): string {
  const { method, path, id } = asked?.request ?? {};
  const place = asked === undefined ? "" : ` ${id} ${method} ${path}`;
  return `${aspect}${place}: ${text}${broken === undefined ? "" : ` [${broken}]`}`;
}

/** What the runner itself lacks for a case. */
function lackingFor(given: GoldenCase): string | undefined {
  if (given.build_error?.op === -1 && unrecordedStep(given) === undefined) {
    return "a step that was made outside of the recorded calls";
  }
  const check = unknownCheck(given);
  if (check !== undefined) return `a way to check "${check}"`;
  const isLooked = [given.requests, given.build_error, given.checks, given.plot, given.runs].some((part) =>
    part !== undefined
  );
  return isLooked ? undefined : "a comparison of what this case records";
}
