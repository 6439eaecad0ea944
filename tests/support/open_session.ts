/** A session without sockets and processes: what it says is kept, and its engine does what the test says. */

import type { Cell, CellFailure, Engine, EngineEvents, Outcome } from "../../kernel/engine/engine.ts";
import type { Message } from "../../kernel/message/message.ts";
import { createHeader, openMessage, sealMessage } from "../../kernel/message/seal.ts";
import type { RequestChannel } from "../../kernel/session/request.ts";
import { Session } from "../../kernel/session/session.ts";
import type { Send } from "../../kernel/session/speaker.ts";

/** A message and the channel that it went by. */
export type Said = Message & { readonly channel: Parameters<Send>[0] };

/** What a cell does in a test, by its code. */
export type Script = Readonly<Record<string, (events: EngineEvents, cell: Cell) => Promise<Outcome | void> | void>>;

export const KEY = "a key";
export const CLIENT = new TextEncoder().encode("client");

/** A failure as an engine gives it. */
export function failure(name: string): CellFailure {
  return { name, message: "of the test", traceback: [`${name}: of the test`] };
}

/** Runs a script; a cell that waits for `interrupted` ends when it is. */
export class ScriptedEngine implements Engine {
  readonly cells: Cell[] = [];
  readonly #script: Script;
  readonly #events: EngineEvents;
  interrupts = 0;
  isClosed = false;

  constructor(script: Script, events: EngineEvents) {
    this.#script = script;
    this.#events = events;
  }

  async run(cell: Cell): Promise<Outcome> {
    this.cells.push(cell);
    const outcome = await this.#script[cell.code]?.(this.#events, cell) ?? { status: "ok" };
    if (outcome.status === "error") {
      await this.#events.output({ execution: cell.execution, kind: "error", failure: outcome.failure });
    }
    return outcome;
  }

  interrupt(): Promise<void> {
    this.interrupts++;
    return Promise.resolve();
  }

  restart(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

/** A session, a client's hand, and an ear. */
export class OpenSession implements AsyncDisposable {
  readonly said: Said[] = [];
  readonly logged: string[] = [];
  readonly session: Session;
  /** Set when the session has opened it. */
  engine!: ScriptedEngine;
  /** How long a socket takes for a message; at once where it gives nothing. */
  slow: (message: Said) => Promise<void> | undefined = () => undefined;
  #heard = Promise.withResolvers<void>();

  constructor(script: Script, key = KEY) {
    this.session = new Session({
      key,
      version: "1.2.3",
      send: (channel, frames) => {
        const message = { ...openMessage(frames, key), channel };
        this.said.push(message);
        this.#heard.resolve();
        this.#heard = Promise.withResolvers();
        return this.slow(message) ?? Promise.resolve();
      },
      openEngine: (events) => Promise.resolve(this.engine = new ScriptedEngine(script, events)),
      log: (level, text) => this.logged.push(`${level}: ${text}`),
    });
  }

  /** Sends a request as a client and gives its id. */
  ask(
    type: string,
    content: object = {},
    options: { channel?: RequestChannel | "stdin"; metadata?: object } = {},
  ): string {
    const header = createHeader(type, "client session");
    const frames = sealMessage({ identities: [CLIENT], header, content, metadata: options.metadata ?? {} }, KEY);
    this.session.receive(options.channel ?? "shell", frames);
    return header.msg_id;
  }

  /** The first message that fits, which may be still to come. */
  async hear(matches: (message: Said) => boolean): Promise<Said> {
    for (;;) {
      const heard = this.#heard.promise;
      const found = this.said.find(matches);
      if (found !== undefined) return found;
      await heard;
    }
  }

  /** Everything said about a request, once it is idle. */
  async answered(id: string): Promise<Said[]> {
    await this.hear(({ parent, header, content }) =>
      parent?.msg_id === id && header.msg_type === "status" && content.execution_state === "idle"
    );
    return this.said.filter(({ parent }) => parent?.msg_id === id);
  }

  /** Sends a request and gives its reply, once it is idle. */
  async reply(...request: Parameters<OpenSession["ask"]>): Promise<Said | undefined> {
    const said = await this.answered(this.ask(...request));
    return said.find(({ channel }) => channel !== "iopub");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

/** One line a message: channel, type, and the word that matters. */
export function hop({ channel, header, content }: Said): string {
  const word = content.execution_state ?? content.status ?? content.text ?? content.ename ?? "";
  return `${channel} ${header.msg_type} ${word}`.trim();
}
