import type { Log, LogLine } from "../graph/context.ts";
import { redactText } from "../redact_text.ts";
import { oneLine } from "./one_line.ts";
import { redact } from "./redact.ts";

/** How much a line matters, least first; `silent` is more than any. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** How log lines are written. */
export interface LogOptions {
  /** The least that is written. Default: the environment's `LEVADA_LOG_LEVEL`, else `info`. */
  readonly level?: LogLevel | undefined;
  /** A line of JSON each, or a line for people. Default: the environment's `LEVADA_LOG_FORMAT`, else `text` on a terminal, else `json`. */
  readonly format?: "json" | "text" | undefined;
  /** Texts that no line may have: each becomes `***`. Those of fewer than 4 letters are left: they would hide half of a line. */
  readonly secrets?: readonly { reveal(): string }[];
  /** Where a line goes, without its line break. Default: the standard error. */
  readonly write?: (line: string) => void;
  /** The time, in milliseconds since 1970. Default: the machine's. */
  readonly now?: () => number;
}

/** All levels, least first. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];
const OWN = new Set(["time", "level", "message"]);
const SHORTEST_SECRET = 4;

/**
 * Opens a log: a line each, with time, level, message, function, step, event, trace, and whatever else is told; secrets as `***`.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { openLog } from "levada";
 *
 * const lines: string[] = [];
 * const log = openLog({ format: "json", now: () => 0, write: (line) => lines.push(line) });
 * log.warn("no such user", { user: "ann", password: "abc" });
 * deepStrictEqual(lines, [
 *   '{"time":"1970-01-01T00:00:00.000Z","level":"warn","message":"no such user","user":"ann","password":"***"}',
 * ]);
 * ```
 *
 * @throws {TypeError} If the environment names a level or a format that is none.
 */
export function openLog(options: LogOptions = {}): Log {
  const level = options.level ?? fromEnvironment("LEVADA_LOG_LEVEL", LOG_LEVELS) ?? "info";
  const format = options.format ?? fromEnvironment("LEVADA_LOG_FORMAT", ["json", "text"] as const) ??
    (Deno.stderr.isTerminal() ? "text" : "json");
  const { write = writeError, now = Date.now, secrets = [] } = options;
  const encode = format === "json" ? jsonLine : textLine;
  const lineOf = (name: Exclude<LogLevel, "silent">): LogLine => {
    if (LOG_LEVELS.indexOf(name) < LOG_LEVELS.indexOf(level)) return () => {};
    return (message, fields = {}) =>
      write(
        hide(
          encode({ time: new Date(now()).toISOString(), level: name, message: redactText(String(message)) }, fields),
          secrets,
        ),
      );
  };
  return { debug: lineOf("debug"), info: lineOf("info"), warn: lineOf("warn"), error: lineOf("error") };
}

/** Whether a word is a level. */
export function isLogLevel(word: string): word is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(word);
}

interface Head {
  readonly time: string;
  readonly level: string;
  readonly message: string;
}

function jsonLine(head: Head, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...head, ...rest(fields) });
}

function textLine({ time, level, message }: Head, fields: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(rest(fields)).filter(([, value]) => value !== undefined).map(([name, value]) =>
    `${oneLine(name)}=${typeof value === "string" && /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value)}`
  );
  return [time, level.padEnd(5), oneLine(message), ...told].join(" ");
}

function rest(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const data = redact(fields) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [OWN.has(name) ? `field_${name}` : name, value]),
  );
}

function hide(line: string, secrets: readonly { reveal(): string }[]): string {
  let hidden = line;
  for (const secret of secrets) {
    const text = secret.reveal();
    if (text.length < SHORTEST_SECRET) continue;
    hidden = hidden.replaceAll(text, "***").replaceAll(JSON.stringify(text).slice(1, -1), "***");
  }
  return hidden;
}

function fromEnvironment<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
  const value = readEnvironment(name);
  if (value === undefined || value === "") return undefined;
  if ((words as readonly string[]).includes(value)) return value as Word;
  throw new TypeError(`Cannot open the log: ${name} is ${JSON.stringify(value)}, not one of ${words.join(", ")}`);
}

function readEnvironment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined; // who may not read it has not said anything by it
    throw error;
  }
}

const BYTES = new TextEncoder();

function writeError(line: string): void {
  const bytes = BYTES.encode(`${line}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
}
