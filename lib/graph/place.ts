import { runningCell } from "./cell.ts";

const LIBRARY = new URL("..", import.meta.url).href;
const FRAME = /\(?((?:file|https?|data|ext|node|blob):[^()\s]*|<anonymous>:\d+:\d+|[^()\s]*:\d+:\d+)\)?$/;

/** Tells where a user's program called the library: the first frame outside of it, `main.ts:12:7`, or the notebook cell. */
export function callerPlace(): string {
  const cell = runningCell();
  if (cell !== undefined) return `cell [${cell.execution}]`;
  for (const line of (new Error().stack ?? "").split("\n").slice(1)) {
    const frame = FRAME.exec(line.trim())?.[1];
    if (frame !== undefined && !frame.startsWith(LIBRARY)) return shortened(frame);
  }
  return "an unknown place";
}

function shortened(frame: string): string {
  return frame.startsWith("file:") ? frame.slice(frame.lastIndexOf("/") + 1) : frame;
}
