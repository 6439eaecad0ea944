/** A real engine process, and what it put out. */
import type { Outcome, Output } from "../../../../kernel/engine/engine.ts";
import { type EngineOptions, openEngine, type WorkerEngine } from "../../../../kernel/engine/worker_engine.ts";

/** What came of one run. */
export interface Ran {
  readonly execution: string;
  readonly outcome: Outcome;
  /** What had come when the run settled. */
  readonly outputs: readonly Output[];
  readonly stdout: string;
  readonly stderr: string;
  /** `text/plain` of the result. */
  readonly value: unknown;
  /** Lines of the failure. */
  readonly traceback: readonly string[];
}

/** Runs cells one after the other. */
export class EngineBench implements AsyncDisposable {
  readonly outputs: Output[] = [];
  readonly questions: string[] = [];
  answer: (prompt: string) => Promise<string | undefined> = () => Promise.resolve(undefined);
  onOutput: (output: Output) => void | Promise<void> = () => {};
  #engine: WorkerEngine | undefined;
  #count = 0;

  get engine(): WorkerEngine {
    return this.#engine as WorkerEngine;
  }

  static async open(options: EngineOptions = {}): Promise<EngineBench> {
    const bench = new EngineBench();
    bench.#engine = await openEngine({
      output: async (output) => {
        await bench.onOutput(output);
        bench.outputs.push(output);
      },
      input: (_execution, prompt) => {
        bench.questions.push(prompt);
        return bench.answer(prompt);
      },
    }, options) as WorkerEngine;
    return bench;
  }

  async run(code: string, more: { readonly silent?: boolean; readonly cellId?: string } = {}): Promise<Ran> {
    const count = ++this.#count;
    const execution = `run-${count}`;
    const before = this.outputs.length;
    const outcome = await this.engine.run({
      execution,
      cellId: more.cellId,
      code,
      count,
      silent: more.silent ?? false,
    });
    const outputs = this.outputs.slice(before);
    const [result] = outputs.flatMap((each) => each.kind === "result" ? [each.data] : []);
    return {
      execution,
      outcome,
      outputs,
      stdout: textOf(outputs, "stdout"),
      stderr: textOf(outputs, "stderr"),
      value: result?.["text/plain"],
      traceback: outcome.status === "error" ? outcome.failure.traceback : [],
    };
  }

  /** Runs a cell and interrupts it as soon as it has printed. */
  async interrupt(code: string): Promise<Ran> {
    this.onOutput = () => {
      this.onOutput = () => {};
      void this.engine.interrupt();
    };
    return await this.run(code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
  }
}

/** Joins the text of one stream. */
export function textOf(outputs: readonly Output[], name: "stdout" | "stderr"): string {
  return outputs.map((each) => each.kind === "stream" && each.name === name ? each.text : "").join("");
}
