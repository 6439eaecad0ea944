/** Runs the cells that are asked for, and says what they put out. */

import { z } from "zod";
import type { Engine, Output } from "../engine/engine.ts";
import type { Header } from "../message/message.ts";
import type { Channels, Request } from "./channels.ts";
import type { History } from "./history.ts";

const ASK = z.object({
  code: z.string(),
  silent: z.boolean().default(false),
  store_history: z.boolean().default(true),
  allow_stdin: z.boolean().default(false),
  stop_on_error: z.boolean().default(true),
});

const PARENTS = 1_000; // cells whose late output still finds its way

/** How a request to run a cell ended. */
export interface Executed {
  readonly content: object;
  /** The cells that were waiting are not to run. */
  readonly stops: boolean;
}

/** The cells of one kernel. */
export class Execution {
  readonly #channels: Channels;
  readonly #engine: Promise<Engine>;
  readonly #history: History;
  readonly #parents = new Map<string, { readonly header: Header; readonly count: number }>();
  #count = 0;
  #current: { readonly request: Request; readonly allowsInput: boolean } | undefined;
  #answer: ((text: string | undefined) => void) | undefined;

  constructor(channels: Channels, engine: Promise<Engine>, history: History) {
    this.#channels = channels;
    this.#engine = engine;
    this.#history = history;
  }

  /** Runs one cell; everything that it put out has been published when this resolves. */
  async run(request: Request): Promise<Executed> {
    const asked = ASK.safeParse(request.content);
    if (!asked.success) {
      const fields = asked.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
      return { content: failed("RequestError", `Cannot run a cell: ${fields}`, this.#count), stops: false };
    }
    const { code, silent, allow_stdin, stop_on_error } = asked.data;
    const isStored = asked.data.store_history && !silent;
    const { header, metadata } = request;
    if (isStored) this.#history.add(++this.#count, code);
    const count = this.#count;
    this.#remember(header, count);
    this.#current = { request, allowsInput: allow_stdin };
    if (!silent) await this.#channels.publish("execute_input", { code, execution_count: count }, { parent: header });
    const engine = await this.#engine;
    const cellId = typeof metadata.cellId === "string" ? metadata.cellId : undefined;
    const outcome = await engine.run({ execution: header.msg_id, cellId, code, count, silent });
    this.#current = undefined;
    if (outcome.status === "ok") {
      return { content: { status: "ok", execution_count: count, payload: [], user_expressions: {} }, stops: false };
    }
    const { name, message, traceback } = outcome.failure;
    return { content: { ...failed(name, message, count), traceback }, stops: stop_on_error && !silent };
  }

  /** Publishes what a cell put out, also after it has ended. */
  async output(output: Output): Promise<void> {
    const parent = this.#parents.get(output.execution);
    const { type, content, metadata } = published(output, parent?.count ?? 0);
    await this.#channels.publish(type, content, {
      parent: parent?.header,
      ...(metadata === undefined ? {} : { metadata }),
    });
  }

  /** Asks the person who runs the current cell; undefined when their client takes no questions. */
  async input(_execution: string, prompt: string, password: boolean): Promise<string | undefined> {
    const current = this.#current;
    if (current === undefined || !current.allowsInput) return undefined;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#answer = resolve;
    await this.#channels.send("stdin", current.request, { type: "input_request", content: { prompt, password } });
    return await promise;
  }

  /** The person answers. */
  takeInput(content: Readonly<Record<string, unknown>>): void {
    this.#answer?.(typeof content.value === "string" ? content.value : undefined);
    this.#answer = undefined;
  }

  #remember(header: Header, count: number): void {
    this.#parents.set(header.msg_id, { header, count });
    if (this.#parents.size > PARENTS) this.#parents.delete(this.#parents.keys().next().value!);
  }
}

/** The reply to a cell that is not run. */
export function failed(ename: string, evalue: string, count: number): object {
  return { status: "error", ename, evalue, traceback: [], execution_count: count };
}

function published(output: Output, count: number): { type: string; content: object; metadata?: object } {
  switch (output.kind) {
    case "stream":
      return { type: "stream", content: { name: output.name, text: output.text } };
    case "display":
    case "update": {
      const { data, metadata, displayId } = output;
      const transient = displayId === undefined ? {} : { display_id: displayId };
      return {
        type: output.kind === "display" ? "display_data" : "update_display_data",
        content: { data, metadata, transient },
      };
    }
    case "result":
      return {
        type: "execute_result",
        content: { data: output.data, metadata: output.metadata, execution_count: count },
      };
    case "clear":
      return { type: "clear_output", content: { wait: output.wait } };
    case "error": {
      const { name, message, traceback } = output.failure;
      return { type: "error", content: { ename: name, evalue: message, traceback } };
    }
    case "message":
      return { type: output.type, content: output.content, metadata: output.metadata };
  }
}
