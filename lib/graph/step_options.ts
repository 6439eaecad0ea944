import { z } from "zod";
import type { StepOptions } from "./step.ts";

const TEXT = z.string().min(1).describe("a string");
const PATH = z.string().refine((path) => path.split(".").every((name) => name !== ""))
  .describe("names joined by dots, such as stats.length");
const YES_OR_NO = z.boolean().describe("a boolean");
const SOME = z.int().min(1).describe("a whole number, 1 or more");

/** What each option that all steps have has to be, and how that is said: the one list that builder, checks and document go by. */
const OPTIONS = {
  resultPath: PATH,
  inputPath: PATH,
  fullEvent: YES_OR_NO,
  function: TEXT,
  shape: TEXT,
  comment: TEXT,
  share: YES_OR_NO,
  retries: z.int().min(0).describe("a whole number, 0 or more"),
  backoffMs: z.number().min(0).describe("milliseconds, 0 or more"),
  timeoutMs: z.number().positive().describe("milliseconds, more than 0"),
  maxInFlight: SOME,
  maxIterations: SOME,
  breaker: z.strictObject({ failures: z.int().min(1), coolDownMs: z.number().min(0) })
    .describe("{ failures: 1 or more, coolDownMs: 0 or more }"),
} satisfies Record<keyof StepOptions, z.ZodType>;

/** The form of a step's options in a document. */
export const STEP_OPTIONS = z.strictObject(OPTIONS).partial();

/** Whether a name is an option that all steps have. */
export function isStepOption(name: string): name is keyof StepOptions {
  return Object.hasOwn(OPTIONS, name);
}

/** What an option has to be, where a value is not that; undefined where it is. */
export function wishOf(option: keyof StepOptions, value: unknown): string | undefined {
  const schema = OPTIONS[option];
  return schema.safeParse(value).success ? undefined : schema.description;
}
