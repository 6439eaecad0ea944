/** A program that answers each line on its input by one on its output. */
export class Asker {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: AsyncIterator<string>;

  constructor(program: string, args: readonly string[], { env = {} }: { env?: Record<string, string> } = {}) {
    this.#child = new Deno.Command(program, { args: [...args], env, stdin: "piped", stdout: "piped" }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = lines(this.#child.stdout);
  }

  /** Sends a line and gives the answer; rejects when the program has ended. */
  async ask(line: string): Promise<string> {
    await this.#writer.write(new TextEncoder().encode(`${line}\n`));
    const { value, done } = await this.#lines.next();
    if (done === true) {
      throw new Error(`Cannot ask "${line}": the program has ended with ${(await this.#child.status).code}`);
    }
    return value;
  }

  /** Ends the program. */
  close(): void {
    this.#child.kill();
  }
}

async function* lines(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, undefined> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const parts = `${rest}${text}`.split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
