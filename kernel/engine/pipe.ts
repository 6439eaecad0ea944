/** Reads what an engine process writes to a raw pipe, up to fences that it writes between runs. */

/** Takes text and fences in the order in which they were written; waits for what comes back. */
export interface PipeTaker {
  text(text: string): Promise<void> | void;
  fence(number: number): void;
}

const CLOSING = "\u0001";

/** What stands in the pipe at a fence. */
export function fenceText(token: string, number: number): string {
  return `\u0001${token}:${number}${CLOSING}`;
}

/** How many characters at the end of `text` may be the beginning of `mark`. */
function heldBack(text: string, mark: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length--) {
    if (mark.startsWith(text.slice(-length))) return length;
  }
  return 0;
}

/** Reads a pipe to its end, or until `signal` aborts: a process that a cell has left behind may hold it open. */
export async function readPipe(
  pipe: ReadableStream<Uint8Array>,
  token: string,
  taker: PipeTaker,
  signal?: AbortSignal,
): Promise<void> {
  const mark = `\u0001${token}:`;
  let text = "";
  const reader = pipe.getReader();
  const decoder = new TextDecoder();
  signal?.addEventListener("abort", () => void reader.cancel(), { once: true });
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    text += decoder.decode(read.value, { stream: true });
    for (;;) {
      const start = text.indexOf(mark);
      const end = start < 0 ? -1 : text.indexOf(CLOSING, start + mark.length);
      const ready = start < 0 ? text.length - heldBack(text, mark) : start;
      if (ready > 0) await taker.text(text.slice(0, ready));
      if (end < 0) {
        text = text.slice(ready);
        break;
      }
      taker.fence(Number(text.slice(start + mark.length, end)));
      text = text.slice(end + 1);
    }
  }
  if (text) await taker.text(text);
}
