import { answerHealth } from "../own/health_paths.ts";
import type { ServerView } from "../own/own_path.ts";
import { type Address, refusedAddress } from "./listen.ts";

type State = Pick<ServerView, "state" | "models" | "troubles" | "knows">;

/** What a program that still loads says. */
const LOADING: State = { state: "open", models: () => [], troubles: () => [], knows: () => true };

/**
 * A port where a server is asked how it is, and nothing else: it answers also while the function loads, that it lives and is not ready. For
 * Nuclio, which asks at 8082 whether a function lives.
 */
export class HealthPort implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #watched: ((request: Request) => Response) | undefined;

  /**
   * Listens at once.
   *
   * @throws {ListenError} If the port is not to be had.
   */
  constructor({ hostname = "127.0.0.1", port }: Address & { readonly port: number }, name: string) {
    try {
      this.#server = Deno.serve({ hostname, port, onListen() {} }, (request) => this.#answer(request));
    } catch (error) {
      throw refusedAddress(error, { hostname, port, name });
    }
  }

  /** The port that it has. */
  get port(): number {
    return this.#server.addr.port;
  }

  /** From now on it is this that tells. */
  watch(server: { answerHealth(request: Request): Response }): void {
    this.#watched = (request) => server.answerHealth(request);
  }

  /** Answers no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #answer(request: Request): Response {
    if (this.#watched !== undefined) return this.#watched(request);
    return answerHealth(request, LOADING, { isLoading: true });
  }
}
