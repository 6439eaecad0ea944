import type { Log, LogLine } from "../graph/context.ts";

/** A log that keeps its lines: `warn: message`. */
export function lineLog(lines: string[]): Log {
  const keep = (level: string): LogLine => (message) => void lines.push(`${level}: ${message}`);
  return { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
}
