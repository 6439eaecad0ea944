/** Runs inside the engine process: carries what it says to the kernel, and holds it back when the kernel is behind. */
import { type Carried, CARRIER, type Told } from "./carried.ts";

const DIRECT_WRITES = 64; // so many short writes a window are carried one by one, so that they are seen at once
const WINDOW_MS = 20;
const BATCH_CHARACTERS = 1 << 16;
const MARK_CHARACTERS = 1 << 20;
const MARKS_AHEAD = 4; // with the line above: at most about 4 MiB are on their way

interface Batch {
  readonly execution: string;
  readonly name: "stdout" | "stderr";
  pieces: string[];
  characters: number;
}

/** Speaks to the kernel. */
export class Carrier {
  readonly #now = performance.now.bind(performance);
  readonly #setTimeout = setTimeout.bind(globalThis);
  #carry: (text: string) => void = () => {};
  #batch: Batch | undefined;
  #isFlushDue = false;
  #windowEnds = 0;
  #writes = 0;
  #characters = 0;
  #marksAhead = 0;

  /** Starts to speak: the kernel has added the binding. */
  open(): void {
    this.#carry = (globalThis as unknown as Record<string, (text: string) => void>)[CARRIER] as (text: string) => void;
  }

  /** Carries a text of a stream, now or together with the next ones. */
  stream(execution: string, name: "stdout" | "stderr", text: string): void {
    if (text === "") return;
    const now = this.#now();
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + WINDOW_MS;
      this.#writes = 0;
      this.flush();
    }
    if (this.#batch && (this.#batch.execution !== execution || this.#batch.name !== name)) this.flush();
    if (!this.#batch && ++this.#writes <= DIRECT_WRITES) return this.#sendStream(execution, name, text);
    this.#batch ??= { execution, name, pieces: [], characters: 0 };
    this.#batch.pieces.push(text);
    this.#batch.characters += text.length;
    if (this.#batch.characters >= BATCH_CHARACTERS) this.flush();
    else if (!this.#isFlushDue) {
      this.#isFlushDue = true;
      this.#setTimeout(() => {
        this.#isFlushDue = false;
        this.flush();
      }, WINDOW_MS);
    }
  }

  /** Carries anything else, behind all text so far. */
  send(message: Carried): void {
    this.flush();
    const text = JSON.stringify(message);
    this.#carry(text);
    this.#count(text.length);
  }

  /** Carries the text that waits for more. */
  flush(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch) this.#sendStream(batch.execution, batch.name, batch.pieces.join(""));
  }

  /** Waits for the answer to a question that was sent; nothing else runs in this process meanwhile. */
  answer(): Extract<Told, { kind: "answer" }> {
    for (;;) {
      const told = this.#read();
      if (told.kind === "answer") return told;
      this.#marksAhead--;
    }
  }

  #sendStream(execution: string, name: "stdout" | "stderr", text: string): void {
    this.#carry(JSON.stringify({ execution, kind: "stream", name, text } satisfies Carried));
    this.#count(text.length);
  }

  #count(characters: number): void {
    this.#characters += characters;
    if (this.#characters < MARK_CHARACTERS) return;
    this.#characters = 0;
    this.#carry(JSON.stringify({ kind: "mark" } satisfies Carried));
    this.#marksAhead++;
    while (this.#marksAhead > MARKS_AHEAD && this.#read().kind === "taken") this.#marksAhead--;
  }

  /** Reads one line byte by byte: what follows it belongs to whoever reads next. */
  #read(): Told {
    const bytes: number[] = [];
    const byte = new Uint8Array(1);
    for (;;) {
      if (Deno.stdin.readSync(byte) === null) Deno.exit(1); // the kernel is gone
      if (byte[0] === 10) return JSON.parse(new TextDecoder().decode(new Uint8Array(bytes)));
      bytes.push(byte[0] as number);
    }
  }
}
