import { z } from "zod";
import { StatusError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import { isEndless } from "../graph/json_schema.ts";
import type { Reaction, StepDefinition, StepScope } from "../graph/operator.ts";
import type { Schema } from "../graph/schema.ts";
import { ReadyStep } from "../graph/step.ts";
import { kindOf } from "../kind_of.ts";
import { wireForm } from "../tensor/wire_form.ts";
import { fieldOf, type Fields, fieldsOf } from "./body/fields_of.ts";

/** What must hold for one field. */
export interface FieldRule {
  /** Whether the field must be there, and not null. Default false: a missing one is right. */
  readonly required?: boolean;
  /** The least number. */
  readonly min?: number;
  /** The largest number. */
  readonly max?: number;
  /** The least length of a text or list, 0 or more. */
  readonly minLength?: number;
  /** The largest length of a text or list, 0 or more. */
  readonly maxLength?: number;
  /** A regular expression that matches somewhere in the text; `^…$` for the whole. */
  readonly pattern?: string;
  /** The values that there are. */
  readonly oneOf?: readonly (string | number | boolean)[];
  /**
   * JSON Schema of the value; in its place a zod schema may stand for the whole rule. It reads tensors as the wire has them:
   * `{ name, datatype, shape, data, parameters }`, with a flat list as `data`.
   */
  readonly schema?: object;
}

/** What becomes of an event whose body is not right. */
export interface ValidatorOptions {
  /**
   * It fails with status 422, as the caller's fault, and is not tried again (default); ends here, so that its caller gets 204; or
   * goes on. Each is counted, and the last two are logged.
   */
  onViolation?: "fail" | "drop" | "log";
}

const LENGTH = z.int().min(0).optional();
const RULE = z.strictObject({
  required: z.boolean().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  minLength: LENGTH,
  maxLength: LENGTH,
  pattern: z.string().refine(isPattern, "is no regular expression").optional(),
  oneOf: z.array(z.union([z.string(), z.number(), z.boolean()])).min(1, "has no values").optional(),
  schema: z.record(z.string(), z.json()).refine(isSchema, "is no JSON Schema").optional(),
});

const OPTIONS = z.strictObject({
  fields: z.record(z.string(), RULE).refine((fields) => Object.keys(fields).length > 0, "names no field"),
  onViolation: z.enum(["fail", "drop", "log"]).optional(),
});

/** What `validator` does with events. */
export const VALIDATOR: StepDefinition = {
  kind: "validator",
  shape: "octagon",
  options: OPTIONS,
  code: {},
  canDrop: true,
  open({ options }, scope) {
    const { fields, onViolation = "fail" } = OPTIONS.parse(options);
    const checks = Object.entries(fields).map(([field, rule]) => [field, checkOf(rule)] as const);
    return {
      process(event) {
        const body = fieldsOf(scope.read(event), "check fields of the body");
        const wrong = checks.flatMap(([field, check]) => {
          const complaint = check(body, field);
          return complaint === undefined ? [] : [`field "${field}" ${complaint}`];
        });
        return wrong.length === 0 ? event : react(event, wrong.join("; "), { scope, onViolation });
      },
    };
  },
};

function react(
  event: FlowEvent,
  wrong: string,
  { scope, onViolation }: { scope: StepScope; onViolation: "fail" | "drop" | "log" },
): Reaction {
  scope.count("violations");
  if (onViolation === "fail") throw new StatusError(422, `Cannot take the event: ${wrong}`);
  scope.context.log.warn(`${onViolation === "drop" ? "Dropped" : "Let through"} an event that is not right: ${wrong}`, {
    event: event.id,
  });
  return onViolation === "drop" ? [] : event;
}

type Rule = z.infer<typeof RULE>;
type Complaint = string | undefined;

function checkOf(rule: Rule): (body: Fields, field: string) => Complaint {
  const schema = rule.schema === undefined ? undefined : z.fromJSONSchema(rule.schema);
  const checks = [...checksOf(rule)];
  return (body, field) => {
    const value = fieldOf(body, field);
    if (value === undefined || (value === null && schema === undefined)) {
      return rule.required === true ? `is ${value === null ? "null" : "missing"}` : undefined;
    }
    const complaint = firstOf(checks, value);
    if (complaint !== undefined || schema === undefined) return complaint;
    const issue = schema.safeParse(wireForm(value)).error?.issues[0];
    return issue === undefined ? undefined : `is not right: ${[...issue.path.map(String), issue.message].join(": ")}`;
  };
}

function* checksOf(rule: Rule): Generator<(value: unknown) => Complaint> {
  const { min, max, minLength = 0, maxLength = Infinity, pattern, oneOf } = rule;
  if (min !== undefined || max !== undefined) {
    yield (value) => {
      if (typeof value !== "number" || Number.isNaN(value)) return `is ${kindOf(value)}, not a number`;
      if (min !== undefined && value < min) return `is ${value}, less than ${min} (min)`;
      return max !== undefined && value > max ? `is ${value}, more than ${max} (max)` : undefined;
    };
  }
  if (rule.minLength !== undefined || rule.maxLength !== undefined) {
    yield (value) => {
      if (typeof value !== "string" && !Array.isArray(value)) return `is ${kindOf(value)}, not text or a list`;
      if (value.length < minLength) return `has length ${value.length}, less than ${minLength} (minLength)`;
      return value.length > maxLength ? `has length ${value.length}, more than ${maxLength} (maxLength)` : undefined;
    };
  }
  if (pattern !== undefined) {
    const expression = new RegExp(pattern, "u");
    yield (value) => {
      if (typeof value !== "string") return `is ${kindOf(value)}, not text`;
      return expression.test(value) ? undefined : `does not match ${pattern} (pattern)`;
    };
  }
  if (oneOf !== undefined) {
    yield (value) =>
      oneOf.includes(value as string) ? undefined : `is none of ${oneOf.map((one) => JSON.stringify(one)).join(", ")}`;
  }
}

function firstOf(checks: readonly ((value: unknown) => Complaint)[], value: unknown): Complaint {
  for (const check of checks) {
    const complaint = check(value);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, "u") !== undefined;
  } catch {
    return false;
  }
}

function isSchema(schema: Record<string, unknown>): boolean {
  try {
    return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Checks fields of the body, each by its rule: numbers from `min` to `max`, lengths, patterns, values, or a schema. All that is wrong
 * is told at once. The body goes on as it is.
 *
 * @example
 * ```ts
 * import { deepStrictEqual, rejects } from "node:assert/strict";
 * import { serving, validator } from "levada";
 * import { z } from "zod";
 *
 * interface Person { age: number; mail?: string }
 *
 * const fn = serving("checking");
 * fn.setTopology("flow").to("check", validator<Person>({ age: { min: 0, max: 150 }, mail: z.email().optional() })).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", { age: 30 }), { age: 30 });
 * await rejects(server.test("/", { age: -1, mail: "x" }), /422 by step "check": .*field "age" is -1, less than 0 \(min\); field "mail" is not right/);
 * ```
 *
 * @param fields Field → its rule, or a zod schema that JSON Schema can say: without transforms and checks of your own.
 * @throws {TypeError} If a schema is no zod schema, or JSON Schema cannot say what it does.
 */
export function validator<In extends object>(
  fields: { readonly [Field in keyof NoInfer<In> & string]?: FieldRule | Schema<unknown> },
  options: ValidatorOptions = {},
): ReadyStep<In, In> {
  const rules = Object.entries<FieldRule | Schema<unknown> | undefined>(fields).flatMap(([field, rule]) =>
    rule === undefined ? [] : [[field, isSchemaObject(rule) ? ruleOf(field, rule) : rule]]
  );
  return new ReadyStep(VALIDATOR, { ...options, fields: Object.fromEntries(rules) });
}

function isSchemaObject(rule: unknown): rule is Schema<unknown> {
  return typeof rule === "object" && rule !== null && "safeParse" in rule;
}

function ruleOf(field: string, type: Schema<unknown>): FieldRule {
  try {
    if (!(type instanceof z.ZodType)) throw new TypeError("it is none of zod's");
    if (isEndless(type)) throw new TypeError("it has no end: a function makes it of itself");
    const { $schema: _dialect, "~standard": _code, ...schema } = z.toJSONSchema(type, {
      override: ({ zodSchema }) => refuseUnsayable(zodSchema._zod.def),
    });
    return { required: !type.safeParse(undefined).success, schema };
  } catch (error) {
    throw new TypeError(
      `Cannot check field "${field}" by its schema: ${
        (error as Error).message
      }. Use a zod schema that JSON Schema can say, or a step of your own`,
      { cause: error },
    );
  }
}

const CHANGING = ["pipe", "transform", "default", "prefault", "catch"];

/** JSON Schema leaves out what it cannot say: checks that are code, and what changes a value. */
function refuseUnsayable(
  def: { type: string; coerce?: boolean; checks?: { _zod: { def: { check: string } } }[] },
): void {
  const checks = (def.checks ?? []).map(({ _zod }) => _zod.def.check);
  if (checks.includes("custom")) throw new Error("it has a check of its own (refine)");
  if (CHANGING.includes(def.type) || def.coerce === true || checks.includes("overwrite")) {
    throw new Error("it changes the value, and a validator only looks");
  }
}
