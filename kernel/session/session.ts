/** What the kernel does with each message. The one place that says busy and idle, and that turns an error into a reply. */

import type { Engine, EngineEvents } from "../engine/engine.ts";
import { checkComplete } from "../language/complete.ts";
import type { Connection } from "../message/connection.ts";
import type { Frames } from "../socket/socket.ts";
import { Channels, type Request, type RequestChannel, type Sockets } from "./channels.ts";
import { Execution, failed } from "./execution.ts";
import { History } from "./history.ts";
import { kernelInfo } from "./kernel_info.ts";

/** What a session is made of. */
export interface SessionParts {
  readonly connection: Pick<Connection, "key">;
  readonly sockets: Sockets;
  /** Opens the engine; the session tells it where its outputs go. */
  openEngine(events: EngineEvents): Promise<Engine>;
  /** Told what was ignored: broken, foreign or unknown messages. */
  readonly complain?: (why: string) => void;
}

type Handler = (request: Request) => object | Promise<object>;

/** One kernel's conversation with its clients. */
export class Session implements AsyncDisposable {
  readonly #parts: SessionParts;
  readonly #channels: Channels;
  readonly #execution: Execution;
  readonly #engine: Promise<Engine>;
  readonly #history = new History();
  readonly #queue: Request[] = [];
  readonly #aborted = new WeakSet<Request>();
  #isWorking = false;
  readonly #ended = Promise.withResolvers<void>();

  /** Settles when a client has asked the kernel to end. */
  readonly ended: Promise<void> = this.#ended.promise;

  readonly #handlers: Readonly<Record<string, Handler>> = {
    kernel_info_request: kernelInfo,
    execute_request: (request) => this.#execute(request),
    is_complete_request: ({ content }) => checkComplete(String(content.code ?? "")),
    complete_request: ({ content }) => ({
      status: "ok",
      matches: [],
      cursor_start: Number(content.cursor_pos ?? 0),
      cursor_end: Number(content.cursor_pos ?? 0),
      metadata: {},
    }),
    inspect_request: () => ({ status: "ok", found: false, data: {}, metadata: {} }),
    history_request: ({ content }) => ({ status: "ok", history: this.#history.find(content) }),
    comm_info_request: () => ({ status: "ok", comms: {} }),
    interrupt_request: async () => {
      await this.interrupt();
      return { status: "ok" };
    },
    shutdown_request: (request) => this.#shutdown(request),
  };

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#channels = new Channels(parts.sockets, parts.connection);
    this.#engine = parts.openEngine({
      output: (output) => this.#execution.output(output),
      input: (execution, prompt, password) => this.#execution.input(execution, prompt, password),
    });
    this.#engine.catch(() => {}); // told where it is awaited
    this.#execution = new Execution(this.#channels, this.#engine, this.#history);
  }

  /** Says that the kernel starts. */
  async start(): Promise<void> {
    await this.#channels.publish("status", { execution_state: "starting" });
  }

  /** What a new subscriber of iopub is told. */
  welcome(topic: Uint8Array): Frames {
    return this.#channels.sealed("iopub_welcome", { subscription: new TextDecoder().decode(topic) });
  }

  /** Takes a message. Those of control are answered at once, those of shell one after another. */
  take(channel: RequestChannel, frames: Frames): void {
    const complain = this.#parts.complain ?? (() => {});
    const request = this.#channels.open(channel, frames, complain);
    if (request === undefined) return;
    const type = request.header.msg_type;
    if (type === "input_reply") return this.#execution.takeInput(request.content);
    if (this.#handlers[type] === undefined) return complain(`Nothing answers a ${type}`);
    if (channel === "control") return void this.#answer(request);
    this.#queue.push(request);
    if (!this.#isWorking) void this.#work();
  }

  /** Stops the running cell. */
  async interrupt(): Promise<void> {
    await (await this.#engine).interrupt();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#engine.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let request = this.#queue.shift(); request !== undefined; request = this.#queue.shift()) {
      await this.#answer(request);
    }
    this.#isWorking = false;
  }

  async #answer(request: Request): Promise<void> {
    const { header } = request;
    await this.#channels.publish("status", { execution_state: "busy" }, { parent: header });
    try {
      const content = this.#aborted.has(request)
        ? failed("Aborted", "a cell before this one failed", 0)
        : await this.#handlers[header.msg_type]!(request);
      await this.#channels.reply(request, content);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      await this.#channels.reply(request, failed(name, message, 0));
    } finally {
      await this.#channels.publish("status", { execution_state: "idle" }, { parent: header });
    }
  }

  async #execute(request: Request): Promise<object> {
    const { content, stops } = await this.#execution.run(request);
    if (stops) {
      await new Promise((resolve) => setTimeout(resolve, 0)); // what has arrived by now is read before it is aborted
      for (const waiting of this.#queue) if (waiting.header.msg_type === "execute_request") this.#aborted.add(waiting);
    }
    return content;
  }

  async #shutdown(request: Request): Promise<object> {
    const content = { status: "ok", restart: request.content.restart === true };
    await this.#channels.publish("shutdown_reply", content, { parent: request.header });
    setTimeout(() => this.#ended.resolve(), 0); // once this request has been answered
    return content;
  }
}
