/** The conductor of the kernel: message in, busy, answer, reply, idle. */

import { type Message } from "../message/message.ts";
import { MessageError } from "../message/message_error.ts";
import { ReplayGuard } from "../message/replay.ts";
import { openMessage } from "../message/seal.ts";
import type { Frames } from "../socket/socket.ts";
import { CellRunner, type OpenEngine } from "./cell_runner.ts";
import { History } from "./history.ts";
import { type Kind, KINDS, type Parts } from "./kinds.ts";
import { Questions } from "./questions.ts";
import { errorReply, type Request, type RequestChannel } from "./request.ts";
import { type Send, type Signature, Speaker } from "./speaker.ts";

/** What a session is made of. */
export interface SessionOptions extends Signature {
  readonly send: Send;
  readonly openEngine: OpenEngine;
  /** Levada's version. */
  readonly version: string;
  /** Told of messages that are dropped, and of the kernel's own faults. */
  readonly log: (level: "debug" | "error", text: string) => void;
}

interface Received {
  readonly request: Request;
  readonly kind: Kind;
}

/** Answers what frontends ask. */
export class Session implements AsyncDisposable {
  /** Settles when a frontend has ended the kernel, and has its answer. */
  readonly ended: Promise<void>;
  readonly #options: SessionOptions;
  readonly #speaker: Speaker;
  readonly #questions: Questions;
  readonly #cells: CellRunner;
  readonly #parts: Parts;
  readonly #replays = new ReplayGuard();
  readonly #end: () => void;
  #waiting: Received[] = [];
  #isAnswering = false;
  /** The request of the queue that is busy. */
  #running: Request | undefined;
  #isEnding = false;

  constructor(options: SessionOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const history = new History();
    this.ended = promise;
    this.#end = resolve;
    this.#options = options;
    this.#speaker = new Speaker(options.send, options);
    this.#questions = new Questions(this.#speaker);
    this.#cells = new CellRunner({ speaker: this.#speaker, questions: this.#questions, history }, options.openEngine);
    this.#parts = {
      version: options.version,
      speaker: this.#speaker,
      history,
      cells: this.#cells,
      abortWaiting: () => this.#waiting.forEach(({ request }) => request.isAborted = true),
      interrupt: () => this.interrupt(),
      end: () => this.#isEnding = true,
    };
    this.#follow(this.#speaker.publish("status", { execution_state: "starting" }));
  }

  /** Takes what has come on a channel. What is no message of ours is dropped: nothing that comes can hurt. */
  receive(channel: RequestChannel | "stdin", frames: Frames): void {
    const message = this.#open(frames);
    if (message === undefined) return;
    if (channel === "stdin") return this.#questions.answer(message);
    const kind = KINDS.get(message.header.msg_type);
    if (!kind?.channels.includes(channel)) {
      return this.#options.log("debug", `Ignored ${message.header.msg_type} on ${channel}`);
    }
    const received = { kind, request: { channel, message, isAborted: false } };
    if (!kind.waits) return this.#follow(this.#answer(received));
    this.#waiting.push(received);
    if (!this.#isAnswering) this.#follow(this.#answerWaiting());
  }

  /** Ends the running cell; its failure aborts those that wait behind it. */
  interrupt(): void {
    this.#follow(this.#cells.interrupt());
  }

  /** What a new subscriber of iopub is told first. */
  welcome(topic: Uint8Array): Frames {
    return this.#speaker.welcome(topic);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#waiting = [];
    await this.#cells[Symbol.asyncDispose]();
  }

  async #answerWaiting(): Promise<void> {
    this.#isAnswering = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#running = next.request;
        await this.#answer(next);
      }
    } finally {
      this.#isAnswering = false;
    }
  }

  /** The one place that brackets, replies, and turns an error into a reply. */
  async #answer({ request, kind }: Received): Promise<void> {
    const parent = request.message.header;
    const started = new Date();
    await this.#speaker.publish("status", { execution_state: "busy" }, { parent });
    try {
      const reply = await kind.answer(request, this.#parts);
      if (reply !== undefined) await this.#speaker.reply(request, reply, started);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      this.#options.log("debug", message);
      if (parent.msg_type.endsWith("_request")) {
        await this.#speaker.reply(request, errorReply(name, message, [`${name}: ${message}`]), started);
      }
    } finally {
      if (this.#running === request) this.#running = undefined;
      await this.#speaker.publish("status", { execution_state: "idle" }, { parent });
      await this.#remindBusy();
      if (this.#isEnding) this.#end();
    }
  }

  /** Frontends show the last state that they heard: beside a running cell, another request's idle is not the kernel's. */
  async #remindBusy(): Promise<void> {
    const parent = this.#running?.message.header;
    if (parent) await this.#speaker.publish("status", { execution_state: "busy" }, { parent });
  }

  #open(frames: Frames): Message | undefined {
    try {
      const message = openMessage(frames, this.#options.key, this.#options.scheme);
      const signature = new TextDecoder().decode(frames[message.identities.length + 1]);
      if (!this.#replays.isReplay(signature)) return message;
      this.#options.log("debug", `Dropped ${message.header.msg_type}: it came before`);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.#options.log("debug", error.message);
    }
    return undefined;
  }

  #follow(task: Promise<void>): void {
    task.catch((error) =>
      this.#options.log("error", error instanceof Error ? error.stack ?? error.message : `${error}`)
    );
  }
}
