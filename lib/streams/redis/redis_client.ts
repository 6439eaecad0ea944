import { Buffer } from "node:buffer";
import { setTimeout as pause } from "node:timers/promises";
import { StreamError } from "../../errors.ts";
import { Answering } from "../answering.ts";
import type { BrokerPath } from "../leased/broker_path.ts";
import { OfflineError } from "../leased/offline_error.ts";
import { type Patience, PING_MS } from "../leased/patience.ts";
import { RefusedError } from "../leased/refused_error.ts";

/** What of npm's `redis` is used. */
interface Client {
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  sendCommand(words: readonly (string | Buffer)[]): Promise<unknown>;
  subscribe(channel: string, listener: (text: string) => void): Promise<unknown>;
  on(event: string, listener: (error: Error) => void): unknown;
  destroy(): void;
  withTypeMapping(mapping: object): Client;
}

interface Redis {
  createClient(options: object): Client;
  readonly ErrorReply: new (...args: never[]) => Error;
  readonly RESP_TYPES: { readonly BLOB_STRING: number };
}

/** What Redis answers: numbers, bytes, null, and lists of these. */
export type Answer = number | Buffer | null | readonly Answer[];

const TRY_AGAIN_MS = 50;
const SLOWEST_RECONNECT_MS = 500;
const NEVER_TAKEN = /^ERR Protocol error/; // however often it was sent
/** Answers of a server that is not ready yet. */
const NOT_READY = /^(LOADING|TRYAGAIN|MASTERDOWN|CLUSTERDOWN)\b/;

/** A connection to Redis that is had again when it is lost. Commands must bear to be sent twice. */
export class RedisClient {
  /** Whether the server answers. */
  readonly answering = new Answering();
  readonly #redis: Redis;
  readonly #path: BrokerPath;
  readonly #patience: Patience;
  readonly #client: Client;
  readonly #bytes: Client;
  readonly #others: Client[] = [];
  readonly #closing = new AbortController();

  private constructor(redis: Redis, path: BrokerPath, patience: Patience) {
    this.#redis = redis;
    this.#path = path;
    this.#patience = patience;
    this.#client = this.#make();
    this.#bytes = this.#client.withTypeMapping({ [redis.RESP_TYPES.BLOB_STRING]: Buffer });
  }

  /** @throws {StreamError} If there is no server, or it does not let one in. */
  static async connect(path: BrokerPath, patience: Patience): Promise<RedisClient> {
    const name = "redis"; // in a variable: only who has such streams needs it
    const client = new RedisClient(await import(name) as Redis, path, patience);
    await client.#open(client.#client);
    return client;
  }

  /** Sends a command; waits for a server that is away. */
  send(act: string, ...words: (string | Uint8Array)[]): Promise<Answer> {
    return this.sendAll(act, words);
  }

  /**
   * Sends a command of however many words, which a call does not bear, in a list that is nobody else's.
   *
   * @throws {RefusedError} If the server says no, and has not taken it before.
   */
  async sendAll(act: string, words: (string | Uint8Array)[]): Promise<Answer> {
    for (let at = 0; at < words.length; at++) { // entries() would make a pair of each
      const word = words[at]!;
      if (typeof word !== "string") words[at] = Buffer.from(word.buffer, word.byteOffset, word.length);
    }
    const command = words as (string | Buffer)[];
    const { answerMs } = this.#patience;
    const until = performance.now() + answerMs;
    let askedAt: number | undefined;
    while (true) {
      let cause: Error;
      try {
        const answer = await this.#answerOf(command, until - performance.now()) as Answer;
        this.answering.answered();
        return answer;
      } catch (error) {
        cause = error as Error;
      }
      if (this.#closing.signal.aborted) throw this.#fault(act, "the stream was closed meanwhile");
      if (cause instanceof this.#redis.ErrorReply && !NOT_READY.test(cause.message)) {
        this.answering.answered();
        const fault = this.#fault(act, `Redis answers ${cause.message}`, cause);
        const isRefused = askedAt === undefined || NEVER_TAKEN.test(cause.message);
        throw isRefused ? new RefusedError(fault.message, 0, { cause }) : fault;
      }
      askedAt ??= Date.now() - (performance.now() + answerMs - until);
      this.answering.failed(`Redis does not answer. ${cause.message}`, askedAt);
      if (performance.now() + TRY_AGAIN_MS >= until) {
        throw new OfflineError(
          `Cannot ${act} ${this.#path.name}: Redis has not answered for ${answerMs / 1000} s. ${cause.message}`,
          { cause },
        );
      }
      await pause(TRY_AGAIN_MS);
    }
  }

  /** Listens to a channel on a connection of its own, also after it is lost and had again. */
  async listen(channel: string, listener: (text: string) => void): Promise<void> {
    const client = this.#make();
    await this.#open(client);
    await client.subscribe(channel, listener);
  }

  close(): void {
    this.#closing.abort();
    for (const client of this.#others) {
      if (client.isOpen) client.destroy();
    }
  }

  #make(): Client {
    const { host, port, isTls, user, password } = this.#path;
    const { connectMs } = this.#patience;
    let hasConnected = false;
    const client = this.#redis.createClient({
      ...(user === undefined ? {} : { username: user }),
      ...(password === undefined ? {} : { password }),
      disableOfflineQueue: true,
      commandOptions: { timeout: undefined }, // each wait here has an end of its own
      pingInterval: PING_MS,
      socket: {
        host,
        port,
        tls: isTls,
        connectTimeout: connectMs,
        socketTimeout: 3 * PING_MS,
        reconnectStrategy: (tries: number) =>
          hasConnected && Math.min(SLOWEST_RECONNECT_MS, 20 * 2 ** Math.min(tries, 5)),
      },
    });
    client.on("error", () => {}); // whoever waits for an answer is told
    client.on("ready", () => hasConnected = true);
    this.#others.push(client);
    return client;
  }

  async #open(client: Client): Promise<void> {
    const { connectMs } = this.#patience;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it has not answered for ${connectMs / 1000} s`)), connectMs);
    });
    try {
      await Promise.race([client.connect(), late]);
    } catch (error) {
      if (client.isOpen) client.destroy();
      throw this.#fault("open", stateOf(error as Error), error as Error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #answerOf(command: readonly (string | Buffer)[], ms: number): Promise<unknown> {
    const { signal } = this.#closing;
    const { promise, reject } = Promise.withResolvers<never>();
    const stop = () => reject(new Error("closed"));
    signal.addEventListener("abort", stop);
    const timer = setTimeout(() => reject(new Error("the connection stands still")), Math.max(1, ms));
    try {
      signal.throwIfAborted();
      return await Promise.race([this.#bytes.sendCommand(command), promise]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }

  #fault(act: string, state: string, cause?: Error): StreamError {
    return new StreamError(`Cannot ${act} ${this.#path.name}: ${state}`, { cause });
  }
}

/** What hinders, in words, with what to do. */
function stateOf(error: Error): string {
  const { message } = error;
  const { code } = error as { code?: string };
  if (/^WRONGPASS/.test(message)) return "Redis refuses the user or the password";
  if (/^NOAUTH/.test(message)) {
    return "Redis asks for a password. Give one in the path or in LEVADA_STREAM_<NAME>_PASSWORD";
  }
  if (code === "ECONNREFUSED" || /ECONNREFUSED/.test(message)) return "no server listens there";
  return `Redis cannot be reached: ${message}`;
}
