import { setTimeout as pause } from "node:timers/promises";
import { StreamError } from "../../errors.ts";
import type { BrokerPath } from "../leased/broker_path.ts";
import { OfflineError } from "../leased/offline_error.ts";
import { type Patience, PING_MS } from "../leased/patience.ts";
import { type Authenticators, natsLogin } from "./nats_login.ts";

/** Headers as npm's `@nats-io/transport-node` has them. */
export interface NatsHeaders {
  readonly code: number;
  readonly description: string;
  keys(): string[];
  get(name: string): string;
  set(name: string, value: string): void;
}

/** A message, of which this is used. */
export interface NatsMessage {
  readonly data: Uint8Array;
  readonly headers?: NatsHeaders;
}

interface Subscription {
  unsubscribe(): void;
}

interface ServerInfo {
  readonly version: string;
  readonly max_payload: number;
}

interface Connection {
  readonly info?: ServerInfo | undefined; // none while the connection is lost
  publish(subject: string, data?: Uint8Array | string, options?: { headers?: NatsHeaders; reply?: string }): void;
  request(
    subject: string,
    data: Uint8Array | string,
    options: { timeout: number; headers?: NatsHeaders },
  ): Promise<NatsMessage>;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: NatsMessage) => void },
  ): Subscription;
  status(): AsyncIterable<{ readonly type: string }>;
  close(): Promise<void>;
}

interface Transport extends Authenticators {
  connect(options: object): Promise<Connection>;
  createInbox(): string;
  headers(): NatsHeaders;
}

/** An answer that says no: JetStream's `err_code`, or the status of a message. */
export class Refusal extends Error {
  readonly code: number;

  constructor(code: number, description: string) {
    super(description);
    this.code = code;
  }
}

const TRY_AGAIN_MS = 50;
const ATTEMPT_MS = 5_000; // an answer may have been lost with its connection
/** What passes by itself: errors of connections, */
const PASSING = /TimeoutError|ClosedConnectionError|NoRespondersError|RequestError|DisconnectedError|ConnectionError/;
/** and of a server that starts, elects a leader, has lost the beginning of a batch with a connection, or has too many at once. */
const PASSING_CODES = [503, 10008, 10009, 10118, 10163, 10176, 10210];

/** A connection to NATS that is had again when it is lost. What is sent must bear to be sent twice. */
export class NatsClient {
  readonly #transport: Transport;
  readonly #connection: Connection;
  readonly #name: string;
  readonly #patience: Patience;
  readonly #asking = new Set<(error: Error) => void>(); // whoever waits for an answer
  #info: ServerInfo;
  #isConnected = true;
  #isClosed = false;

  private constructor(transport: Transport, connection: Connection, { name }: BrokerPath, patience: Patience) {
    this.#transport = transport;
    this.#connection = connection;
    this.#info = connection.info!;
    this.#name = name;
    this.#patience = patience;
    void this.#follow();
  }

  /** @throws {StreamError} If there is no server, or it does not let one in. */
  static async connect(path: BrokerPath, patience: Patience): Promise<NatsClient> {
    const name = "@nats-io/transport-node"; // in a variable: only who has such streams needs it
    const transport = await import(name) as Transport;
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

  /** Sends a message that a stream acknowledges, after others that it does not. @throws {Refusal} */
  async send(
    last: { subject: string; data: Uint8Array | string; headers: NatsHeaders },
    before: readonly (typeof last)[] = [],
  ): Promise<{ readonly seq: number; readonly duplicate?: boolean }> {
    for (const { subject, data, headers } of before) this.#connection.publish(subject, data, { headers });
    const { subject, data, headers } = last;
    return readAnswer((await this.#connection.request(subject, data, { timeout: ATTEMPT_MS, headers })).data);
  }

  /** Asks a stream for messages; those that are not there are none. @throws {Refusal} */
  async get(stream: string, question: object): Promise<NatsMessage[]> {
    const inbox = this.#transport.createInbox();
    const messages: NatsMessage[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let timer = setTimeout(() => reject(silence()), ATTEMPT_MS);
    const isBatch = "batch" in question;
    const subscription = this.#connection.subscribe(inbox, {
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
    try {
      this.#connection.publish(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(question), { reply: inbox });
      await promise;
      return messages;
    } finally {
      clearTimeout(timer);
      subscription.unsubscribe();
    }
  }

  /** Tries until there is an answer, whichever. */
  async attempt<Answer>(act: string, run: () => Promise<Answer>): Promise<Answer> {
    const { answerMs } = this.#patience;
    const until = performance.now() + answerMs;
    while (true) {
      let cause: Error;
      try {
        if (this.#isConnected) return await this.#unlessLost(run);
        cause = lost();
      } catch (error) {
        cause = error as Error;
      }
      if (this.#isClosed) throw new StreamError(`Cannot ${act} ${this.#name}: the stream was closed meanwhile`);
      const isPassing = cause instanceof Refusal
        ? PASSING_CODES.includes(cause.code)
        : !this.#isConnected || PASSING.test(cause.name);
      if (!isPassing) throw cause;
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
    for await (const { type } of this.#connection.status()) {
      if (type === "disconnect") {
        this.#isConnected = false;
        for (const fail of this.#asking) fail(lost());
      } else if (type === "reconnect") this.#isConnected = true;
    }
  }
}

function readAnswer<Answer>(data: Uint8Array): Answer {
  const answer = JSON.parse(new TextDecoder().decode(data)) as Answer & {
    error?: { code: number; err_code?: number; description: string };
  };
  const { error } = answer;
  if (error !== undefined) throw new Refusal(error.err_code ?? error.code, error.description);
  return answer;
}

function lost(): Error {
  return Object.assign(new Error("the connection is lost"), { name: "ConnectionError" });
}

function silence(): Error {
  return Object.assign(new Error("no answer"), { name: "TimeoutError" });
}

/** What hinders, in words, with what to do. */
function stateOf(error: Error): string {
  const { name, message } = error;
  const text = `${message} ${(error.cause as Error | undefined)?.message ?? ""}`;
  if (/Authorization|Authentication/i.test(name + text)) {
    return "NATS refuses the user or the password, or the key. They stand in the path, or in LEVADA_STREAM_<NAME>_USER and _PASSWORD, _TOKEN, _NKEY or _CREDS";
  }
  return /refused/i.test(text) ? "no server listens there" : `NATS cannot be reached: ${text.trim()}`;
}
