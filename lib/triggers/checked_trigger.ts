import { z } from "zod";
import { notJson } from "../graph/json.ts";
import { checkScheme } from "../streams/open_stream.ts";
import { timesOf } from "./times.ts";
import { isSchedule, type StreamTrigger, type Trigger } from "./trigger.ts";

const TRIES = { maxTries: z.int().min(1).optional(), backoffMs: z.number().min(0).optional() };

const EVERY = "must be a whole number from 100 on";

const STREAM = z.strictObject({
  stream: z.string().min(1),
  group: z.string().min(1).optional(),
  from: z.enum(["start", "end"]).optional(),
  maxRecords: z.int().min(1).optional(),
  exactlyOnce: z.boolean().optional(),
  ...TRIES,
});

const SCHEDULE = z.strictObject({
  schedule: z.union([z.string(), z.strictObject({ everyMs: z.int(EVERY).min(100, EVERY) })], {
    error: "is neither cron's fields as a text nor { everyMs }",
  }),
  timeZone: z.string().optional(),
  body: z.unknown().optional(),
  path: z.string().startsWith("/", "begins with a slash").optional(),
  key: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  overlap: z.enum(["skip", "allow"]).optional(),
  missed: z.enum(["skip", "once"]).optional(),
  ...TRIES,
});

/**
 * Checks what `addTrigger` was given.
 *
 * @throws {TypeError} With everything that is wrong with it.
 */
export function checkedTrigger(fn: string, name: string, trigger: Trigger): Trigger {
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`Cannot add a trigger to function "${fn}" without a name: addTrigger("name", { … })`);
  }
  const wrong = faultsOf(trigger);
  if (wrong.length === 0) return trigger;
  throw new TypeError(`Cannot add trigger "${name}" to function "${fn}": ${wrong.join("; ")}`);
}

function faultsOf(trigger: Trigger): string[] {
  const { stream, schedule } = (trigger ?? {}) as { stream?: unknown; schedule?: unknown };
  if ((stream === undefined) === (schedule === undefined)) {
    return [
      `it has ${stream === undefined ? "neither" : "both"} a stream and a schedule: give { stream } or { schedule }`
        .replace("neither a stream and", "neither a stream nor"),
    ];
  }
  const { error } = (stream === undefined ? SCHEDULE : STREAM).safeParse(trigger);
  if (error !== undefined) {
    return error.issues.map(({ path, message }) => path.length === 0 ? message : `${path.join(".")}: ${message}`);
  }
  try {
    if (!isSchedule(trigger)) checkSource(trigger);
    else timesOf(trigger);
  } catch (error) {
    return [(error as Error).message];
  }
  const { body, headers } = trigger as { body?: unknown; headers?: Record<string, string> };
  const place = body === undefined ? undefined : typeof body === "function" ? "body (function)" : notJson(body, "body");
  return [
    ...place === undefined ? [] : [`${place} is not JSON`],
    ...isHeaders(headers) ? [] : ["headers: a name or a value is none that HTTP has"],
  ];
}

function checkSource({ stream: path, exactlyOnce = false }: StreamTrigger): void {
  const scheme = checkScheme(path);
  if (exactlyOnce && scheme !== "kafka") throw new TypeError(`${path} cannot be read exactlyOnce: only kafka://… can`);
  if (/^dummy:/i.test(path)) throw new TypeError(`${path} only keeps a list, and nothing comes out of it`);
}

function isHeaders(headers: Record<string, string> | undefined): boolean {
  try {
    new Headers(headers);
    return true;
  } catch {
    return false;
  }
}
