import type { Log } from "../graph/context.ts";
import { redactText } from "../redact_text.ts";

/** Log lines on the console: level, message, then what else is known; secrets as `***`. */
export function consoleLog(): Log {
  const line =
    (level: "debug" | "info" | "warn" | "error") => (message: string, fields?: Readonly<Record<string, unknown>>) => {
      const rest = Object.entries(fields ?? {}).map(([key, value]) =>
        redactText(`${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
      );
      console[level]([redactText(`${level}: ${message}`), ...rest].join(" "));
    };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
