import { define } from "./copy.ts";
import { FlowEvent } from "../graph/event.ts";
import type { StepScope } from "../graph/operator.ts";
import type { StepOptions } from "../graph/step.ts";

/** Makes what `fullEvent` and `inputPath` say of a step: what its function gets of an event. */
export function reader({ fullEvent, inputPath }: StepOptions): StepScope["read"] {
  if (fullEvent === true) return (event) => event;
  if (inputPath === undefined) return (event) => event.body;
  const keys = inputPath.split(".");
  return (event) => keys.reduce((value, key) => partOf(value, key, inputPath), event.body);
}

/** Makes what `fullEvent` and `resultPath` say of a step: where its result goes. */
export function writer({ fullEvent, resultPath }: StepOptions): StepScope["write"] {
  const write: StepScope["write"] = resultPath === undefined
    ? (event, result) => event.body = result
    : partWriter(resultPath);
  if (fullEvent !== true) return write;
  return (event, result) => {
    if (result instanceof FlowEvent) event.adopt(result);
    else if (result !== undefined) write(event, result);
  };
}

function partOf(value: unknown, key: string, path: string): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== "object") {
    throw new TypeError(`Cannot read inputPath "${path}": the body has ${typeof value} where "${key}" should be`);
  }
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function partWriter(path: string): StepScope["write"] {
  const within = path.split(".");
  const last = within.pop()!;
  return (event, result) => {
    const whole = container(event.body ?? {}, path);
    let inside = whole;
    for (const key of within) {
      const next = container((Object.hasOwn(inside, key) ? inside[key] : undefined) ?? {}, path);
      define(inside, key, next);
      inside = next;
    }
    define(inside, last, result);
    event.body = whole;
  };
}

function container(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  const kind = Array.isArray(value) ? "a list" : typeof value;
  throw new TypeError(`Cannot write resultPath "${path}": the body is ${kind}, not an object`);
}
