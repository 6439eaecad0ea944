import { setTimeout as pause } from "node:timers/promises";
import { StreamError } from "../../errors.ts";
import { Answering } from "../answering.ts";
import type { BrokerPath } from "../leased/broker_path.ts";
import { OfflineError } from "../leased/offline_error.ts";
import { type Patience, PING_MS } from "../leased/patience.ts";
import { isForbidden, isPassing, lost, NO_STREAM, readAnswer, Refusal, silence, stateOf } from "./nats_answer.ts";
import { natsLogin } from "./nats_login.ts";
import {
  loadNats,
  type NatsConnection,
  type NatsHeaders,
  type NatsMessage,
  type NatsPackage,
  type ServerInfo,
} from "./nats_package.ts";

/** Who waits for messages, and is not told by the client that it may not have them. */
interface Waiting {
  readonly subjects: readonly string[];
  reject(error: Error): void;
}

const TRY_AGAIN_MS = 50;
const ATTEMPT_MS = 5_000; // an answer may have been lost with its connection
const READY_MS = 1_000; // that a server which has just started may take for its streams

/** A connection to NATS that is had again when it is lost. What is sent must bear to be sent twice. */
export class NatsClient {
  /** Whether the server answers. */
  readonly answering = new Answering();
  readonly #transport: NatsPackage;
  readonly #connection: NatsConnection;
  readonly #name: string;
  readonly #patience: Patience;
  readonly #asking = new Set<(error: Error) => void>(); // whoever waits for an answer
  readonly #waiting = new Set<Waiting>();
  #info: ServerInfo;
  #isConnected = true;
  #losses = 0;
  #isClosed = false;

  private constructor(transport: NatsPackage, connection: NatsConnection, { name }: BrokerPath, patience: Patience) {
    this.#transport = transport;
    this.#connection = connection;
    this.#info = connection.info!;
    this.#name = name;
    this.#patience = patience;
    void this.#follow();
  }

  /** @throws {StreamError} If there is no server, or it does not let one in. */
  static async connect(path: BrokerPath, patience: Patience): Promise<NatsClient> {
    const transport = await loadNats();
    const { host, port, isTls } = path;
    const login = natsLogin(path, transport);
    try {
      const connection = await transport.connect({
        servers: `${host.includes(":") ? `[${host}]` : host}:${port}`,
        ...login,
        ...(isTls ? { tls: {} } : {}),
        timeout: patience.connectMs,
        pingInterval: PING_MS,
        maxPingOut: 2,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 100,
        ignoreClusterUpdates: false,
        ignoreAuthErrorAbort: true,
        noAsyncTraces: true,
      });
      return new NatsClient(transport, connection, path, patience);
    } catch (error) {
      throw new StreamError(`Cannot open ${path.name}: ${stateOf(error as Error)}`, { cause: error });
    }
  }

  /** What the server says, or said last, of itself. */
  get info(): ServerInfo {
    return this.#info = this.#connection.info ?? this.#info;
  }

  /** Headers to send. */
  headers(entries: Readonly<Record<string, string>>): NatsHeaders {
    const headers = this.#transport.headers();
    for (const [name, value] of Object.entries(entries)) headers.set(name, value);
    return headers;
  }

  /** Asks the API of JetStream. @throws {Refusal} */
  async ask<Answer>(act: string, subject: string, question: object | ""): Promise<Answer> {
    const text = question === "" ? "" : JSON.stringify(question);
    return await this.attempt(act, async () => {
      const { data } = await this.#connection.request(`$JS.API.${subject}`, text, { timeout: ATTEMPT_MS });
      return readAnswer<Answer>(data);
    });
  }

  /** How often the connection was lost. */
  get losses(): number {
    return this.#losses;
  }

  /** Sends a message that a stream acknowledges, after others of which it says, where asked to, which it refuses. @throws {Refusal} */
  async send(
    last: { subject: string; data: Uint8Array | string; headers: NatsHeaders },
    before: readonly (typeof last)[] = [],
    isEachAsked = false,
  ): Promise<{ readonly seq: number; readonly duplicate?: boolean }> {
    const { promise, reject } = Promise.withResolvers<never>();
    const waiting = { subjects: before.map(({ subject }) => subject), reject };
    this.#waiting.add(waiting);
    const inbox = this.#transport.createInbox();
    let subscription: { unsubscribe(): void } | undefined;
    try {
      if (isEachAsked) {
        subscription = this.#connection.subscribe(inbox, {
          callback(error, { data }) {
            if (error !== null || data.length === 0) return; // the message is taken
            try {
              readAnswer(data);
            } catch (refusal) {
              reject(refusal);
            }
          },
        });
      }
      const reply = isEachAsked ? { reply: inbox } : {};
      for (const { subject, data, headers } of before) this.#connection.publish(subject, data, { headers, ...reply });
      const { subject, data, headers } = last;
      const answer = this.#connection.request(subject, data, { timeout: ATTEMPT_MS, headers });
      return readAnswer((await Promise.race([answer, promise])).data);
    } finally {
      subscription?.unsubscribe();
      this.#waiting.delete(waiting);
    }
  }

  /** Asks a stream for messages; those that are not there are none. @throws {Refusal} */
  async get(stream: string, question: object): Promise<NatsMessage[]> {
    const inbox = this.#transport.createInbox();
    const messages: NatsMessage[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let timer = setTimeout(() => reject(silence()), ATTEMPT_MS);
    const isBatch = "batch" in question;
    const subject = `$JS.API.DIRECT.GET.${stream}`;
    const waiting = { subjects: [subject, inbox], reject };
    this.#waiting.add(waiting);
    let subscription: { unsubscribe(): void } | undefined;
    try {
      subscription = this.#connection.subscribe(inbox, { // throws where the connection was closed
        callback: (error, message) => {
          clearTimeout(timer);
          timer = setTimeout(() => reject(silence()), ATTEMPT_MS);
          const { code = 0, description = "" } = message.headers ?? {};
          if (error !== null) reject(error);
          else if (code === 204 || code === 404) resolve(); // the end of a batch; nothing there
          else if (code !== 0) reject(new Refusal(code, description));
          else {
            messages.push(message);
            if (!isBatch) resolve();
          }
        },
      });
      this.#connection.publish(subject, JSON.stringify(question), { reply: inbox });
      await promise;
      return messages;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
      subscription?.unsubscribe();
    }
  }

  /** Tries until there is an answer, whichever, or there is none since one of these streams has gone. */
  async attempt<Answer>(act: string, run: () => Promise<Answer>, streams: readonly string[] = []): Promise<Answer> {
    const { answerMs } = this.#patience;
    const startedAt = performance.now();
    const until = startedAt + answerMs;
    const askedAt = Date.now();
    while (true) {
      let cause: Error;
      try {
        if (this.#isConnected) {
          const answer = await this.#unlessLost(run);
          this.answering.answered();
          return answer;
        }
        cause = lost();
      } catch (error) {
        cause = error as Error;
      }
      if (this.#isClosed) throw new StreamError(`Cannot ${act} ${this.#name}: the stream was closed meanwhile`);
      if (isForbidden(cause)) {
        throw new StreamError(`Cannot ${act} ${this.#name}: no rights at NATS. ${cause.message}`, { cause });
      }
      if (!isPassing(cause) && (this.#isConnected || cause instanceof Refusal)) {
        this.answering.answered();
        throw cause;
      }
      this.answering.failed(`NATS does not answer. ${cause.message}`, askedAt);
      if (performance.now() - startedAt > READY_MS) await this.#refuseGone(act, streams);
      if (performance.now() + TRY_AGAIN_MS >= until) {
        throw new OfflineError(
          `Cannot ${act} ${this.#name}: NATS has not answered for ${answerMs / 1000} s. ${cause.message}`,
          { cause },
        );
      }
      await pause(TRY_AGAIN_MS);
    }
  }

  /** Tells whoever listens to a subject now. */
  tell(subject: string, text: string): void {
    if (this.#isConnected && !this.#isClosed) this.#connection.publish(subject, text);
  }

  listen(subject: string, listener: (text: string) => void): void {
    const decoder = new TextDecoder();
    this.#connection.subscribe(subject, {
      callback: (error, message) => error === null && listener(decoder.decode(message.data)),
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const fail of this.#asking) fail(lost());
    await this.#connection.close();
  }

  /** Nobody answers for a stream that was deleted, as nobody does while a server starts. */
  async #refuseGone(act: string, streams: readonly string[]): Promise<void> {
    for (const stream of streams) {
      try {
        readAnswer((await this.#connection.request(`$JS.API.STREAM.INFO.${stream}`, "", { timeout: READY_MS })).data);
      } catch (error) {
        if (!(error instanceof Refusal && error.code === NO_STREAM)) return; // it is tried again
        throw new StreamError(
          `Cannot ${act} ${this.#name}: there is no such stream any more: it was deleted, or the server has lost what it kept. Open it anew`,
          { cause: error },
        );
      }
    }
  }

  /** An answer that went with its connection is not waited for. */
  async #unlessLost<Answer>(run: () => Promise<Answer>): Promise<Answer> {
    const { promise, reject } = Promise.withResolvers<never>();
    this.#asking.add(reject);
    try {
      return await Promise.race([run(), promise]);
    } finally {
      this.#asking.delete(reject);
    }
  }

  async #follow(): Promise<void> {
    for await (const { type, error } of this.#connection.status()) {
      if (error?.subject !== undefined) {
        for (const { subjects, reject } of this.#waiting) if (subjects.includes(error.subject)) reject(error);
      }
      if (type === "disconnect") {
        this.#isConnected = false;
        this.#losses += 1;
        for (const fail of this.#asking) fail(lost());
      } else if (type === "reconnect") this.#isConnected = true;
    }
  }
}
