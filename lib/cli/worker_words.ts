/** What `levada serve --workers` and its workers tell each other: lines among the other output of a worker, and on its input. */

/** A worker to the process that started it. */
export type WorkerWord =
  | {
    readonly kind: "listening";
    readonly port: number;
    readonly grpcPort: number | undefined;
    /** What is served where, for people. */
    readonly lines: readonly string[];
  }
  /** Somebody asks this worker for the metrics of all. */
  | { readonly kind: "gather"; readonly ask: number }
  /** This worker's metrics, as they were asked for. */
  | { readonly kind: "metrics"; readonly ask: number; readonly families: unknown };

/** To a worker. */
export type ParentWord =
  | { readonly kind: "tell"; readonly ask: number }
  | { readonly kind: "gathered"; readonly ask: number; readonly workers: Readonly<Record<string, unknown>> };

const MARK = "\u001elevada "; // a record separator (RFC 7464): no line of text begins so

/** Writes a word as a line. */
export function encodeWord(word: WorkerWord | ParentWord): string {
  return `${MARK}${JSON.stringify(word)}\n`;
}

/** Reads a line; undefined where it is no word. */
export function decodeWord<Word extends WorkerWord | ParentWord>(line: string): Word | undefined {
  return line.startsWith(MARK) ? JSON.parse(line.slice(MARK.length)) as Word : undefined;
}

/** The lines of a stream of bytes. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of stream) {
    const lines = (text + decoder.decode(bytes, { stream: true })).split("\n");
    text = lines.pop()!;
    yield* lines;
  }
  if (text !== "") yield text;
}
