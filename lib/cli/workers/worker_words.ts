/**
 * What `levada serve --workers` and its workers tell each other: lines among the other output of a worker, and on its input.
 * What a worker says is marked by a key that its first line of input brings: its output is shared with the code that it serves, which may
 * print what callers send.
 */

import type { ModelState } from "../../graph/served_model.ts";

/** A worker to the process that started it. */
export type WorkerWord =
  | {
    readonly kind: "listening";
    readonly port: number;
    readonly grpcPort: number | undefined;
    /** What is served where, for people. */
    readonly lines: readonly string[];
    /** Whether it reads its streams, and goes by its schedules, only when it is told. */
    readonly waitsToRead?: boolean;
  }
  /** It reads, as it was told. */
  | { readonly kind: "reading" }
  /** It is alive: asked for, while it listens. */
  | { readonly kind: "alive" }
  /** Somebody asks this worker for the metrics of all. */
  | { readonly kind: "gather"; readonly ask: number }
  /** This worker's metrics, as they were asked for. */
  | { readonly kind: "metrics"; readonly ask: number; readonly families: unknown }
  /** Somebody asks this worker to have a model loaded, or taken away, everywhere. */
  | { readonly kind: "changeAll"; readonly ask: number; readonly model: string; readonly act: "load" | "unload" }
  /** Nobody waits for that any more: it need not begin. */
  | { readonly kind: "giveUp"; readonly ask: number }
  /** This worker has done so, or why not; and what has become of each model that is meant. */
  | {
    readonly kind: "changed";
    readonly ask: number;
    readonly models: readonly ChangedModel[];
    readonly failure?: ChangeFailure;
  };

/** A model that was loaded or taken away in a worker, or not. */
export interface ChangedModel {
  readonly key: string;
  readonly before: ModelState;
  readonly after: ModelState;
}

/** Why a model could not be loaded, or taken away, as a caller is told. */
export interface ChangeFailure {
  readonly status: number;
  readonly message: string;
}

/** To a worker. */
export type ParentWord =
  /** Asks for a sign of life. */
  | { readonly kind: "live" }
  /** It may read its streams, and go by its schedules. */
  | { readonly kind: "read" }
  /** Has new connections given to the workers that opened the port after so many others; without both, to all. */
  | { readonly kind: "choose"; readonly after?: number; readonly count?: number }
  | { readonly kind: "tell"; readonly ask: number }
  /** Asks it to load a model, or to take it away. */
  | { readonly kind: "change"; readonly ask: number; readonly model: string; readonly act: "load" | "unload" }
  /** All workers have done so; or why one has not. */
  | { readonly kind: "allChanged"; readonly ask: number; readonly failure?: ChangeFailure }
  /** Whether what nobody waits for had begun; else it never will. */
  | { readonly kind: "givenUp"; readonly ask: number; readonly hasBegun: boolean }
  | { readonly kind: "gathered"; readonly ask: number; readonly workers: Readonly<Record<string, unknown>> };

/** Makes a key that nobody can guess. */
export function makeKey(): string {
  return crypto.randomUUID();
}

/** Writes a word as a line. */
export function encodeWord(word: WorkerWord | ParentWord, key: string): string {
  return `${markOf(key)}${JSON.stringify(word)}\n`;
}

/** Reads a line: a word where there is one, and what stands before it, which is not of it. */
export function decodeLine<Word extends WorkerWord | ParentWord>(
  line: string,
  key: string,
): { readonly before: string; readonly word: Word | undefined; readonly isMarked: boolean } {
  const mark = markOf(key);
  const at = line.indexOf(mark);
  if (at < 0) return { before: line, word: undefined, isMarked: false };
  return { before: line.slice(0, at), word: parse(line.slice(at + mark.length)) as Word | undefined, isMarked: true };
}

function markOf(key: string): string {
  return `\u001e${key} `; // a record separator, as in RFC 7464
}

/** Undefined where something else was written into the word. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
