import type { Log } from "../graph/context.ts";

/** Log lines on the console: level, message, then what else is known. */
export function consoleLog(): Log {
  const line =
    (level: "debug" | "info" | "warn" | "error") => (message: string, fields?: Readonly<Record<string, unknown>>) => {
      const rest = Object.entries(fields ?? {}).map(([key, value]) =>
        `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`
      );
      console[level]([`${level}: ${message}`, ...rest].join(" "));
    };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
