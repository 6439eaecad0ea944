/** The sockets at work: who waits for which answer, who hears which publication, and whether the kernel still lives. */

import type { Message } from "../message/message.ts";
import { createHeader, openMessage, sealMessage } from "../message/seal.ts";
import { watchHeartbeat } from "./heartbeat.ts";
import { ChannelError, KernelError, type KernelProcess } from "./kernel_process.ts";
import { closeSockets, type Sockets } from "./sockets.ts";

const SUBSCRIBED_MS = 200; // jupyter_client waits as long for the first publication
const SHUTDOWN_MS = 3000;
const ENDING_MS = 500; // a kernel that dies leaves its sockets before its process has ended

/** Everything said between client and kernel. Closing it ends the kernel's process too. */
export class Conversation {
  readonly process: KernelProcess;
  readonly #sockets: Sockets;
  readonly #session = crypto.randomUUID();
  readonly #replies = new Map<string, (message: Message) => void>();
  readonly #listeners = new Map<string, (message: Message) => void>();
  readonly #lost = Promise.withResolvers<never>();
  readonly #reading: Promise<unknown>;
  #closing: Promise<void> | undefined;

  constructor(process: KernelProcess, sockets: Sockets) {
    this.process = process;
    this.#sockets = sockets;
    this.#lost.promise.catch(() => {}); // told to whoever waits
    this.#reading = Promise.all([
      this.#read("shell", (message) => this.#replies.get(message.parent?.msg_id ?? "")?.(message)),
      this.#read("control", (message) => this.#replies.get(message.parent?.msg_id ?? "")?.(message)),
      this.#read("stdin", () => {}), // nothing is answered: `allow_stdin` is false
      this.#read("iopub", (message) => this.#listeners.get(message.parent?.msg_id ?? "")?.(message)),
      watchHeartbeat(sockets.heartbeat, (cause) => this.#lose(cause)),
    ]);
    process.ended.then((status) => {
      const written = process.written;
      const why = status.signal === null ? `code ${status.code}` : `signal ${status.signal}`;
      this.#lose(`the kernel's process ended with ${why}${written === "" ? "" : `; it wrote:\n${written}`}`);
    });
  }

  /** The promise, or the news that the kernel is lost. */
  orLost<Value>(promise: Promise<Value>): Promise<Value> {
    return Promise.race([promise, this.#lost.promise]);
  }

  /** Sends a request and waits for its reply. `listen` hears what is published about it, also after the reply. */
  async request(
    socket: "shell" | "control",
    type: string,
    content: object,
    options: { metadata?: object; listen?: (message: Message) => void } = {},
  ): Promise<Message> {
    const header = createHeader(type, this.#session);
    const { promise, resolve } = Promise.withResolvers<Message>();
    this.#replies.set(header.msg_id, resolve);
    if (options.listen !== undefined) this.#listeners.set(header.msg_id, options.listen);
    try {
      const draft = { header, content, metadata: options.metadata ?? {} };
      await this.#sockets[socket].send(sealMessage(draft, this.process.connection.key));
      return await promise;
    } finally {
      this.#replies.delete(header.msg_id);
    }
  }

  /**
   * Asks until the answer comes and its publications too: a subscription may arrive after the first of them.
   *
   * @throws {KernelError} If the kernel is lost meanwhile.
   */
  async waitReady(): Promise<Message["content"]> {
    for (;;) {
      const heard = Promise.withResolvers<boolean>();
      const listen = () => heard.resolve(true);
      const reply = await this.orLost(this.request("shell", "kernel_info_request", {}, { listen }));
      const timer = setTimeout(() => heard.resolve(false), SUBSCRIBED_MS);
      try {
        if (await this.orLost(heard.promise)) return reply.content;
      } finally {
        clearTimeout(timer);
      }
    }
  }

  /** Asks the kernel to end, waits a while, and closes. */
  async shutdown(): Promise<void> {
    if (this.#closing !== undefined) return await this.#closing;
    const asked = this.request("control", "shutdown_request", { restart: false });
    asked.catch(() => {}); // it may go before it has answered
    await this.process.waitForEnd(SHUTDOWN_MS);
    await this.close();
  }

  /** Ends the kernel's process and closes the sockets. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    this.#lose("it was ended from here"); // whoever still waits
    await closeSockets(this.#sockets);
    await this.#reading;
  }

  async #read(channel: "shell" | "control" | "stdin" | "iopub", take: (message: Message) => void): Promise<void> {
    for await (const frames of this.#sockets[channel]) {
      try {
        take(openMessage(frames, this.process.connection.key));
      } catch (error) {
        this.#lose(`it sent a message that cannot be taken: ${error instanceof Error ? error.message : error}`);
      }
    }
    if (this.#closing !== undefined || await this.process.waitForEnd(ENDING_MS)) return; // `ended` tells more
    this.#lost.reject(new ChannelError(`The kernel is lost: its ${channel} connection has ended`));
  }

  #lose(cause: string): void {
    this.#lost.reject(new KernelError(`The kernel is lost: ${cause}`));
  }
}
