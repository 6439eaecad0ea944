import { z } from "zod";
import { describeThrown, isA, StatusError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { Operator, StepDefinition, StepScope, StepSpec } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import { kindOf } from "../kind_of.ts";
import { redactText } from "../redact_text.ts";
import { RemoteClient } from "../remote/remote_client.ts";
import { bodyOf } from "./body/fields_of.ts";
import { REMOTE_DEFAULTS } from "./remote.ts";
import { checkRemote, partRemote, REMOTE_CODE, REMOTE_OPTIONS, type RemoteOptions } from "./remote/remote_options.ts";
import { checkReply } from "./remote/remote_reply.ts";
import { RequestMaker } from "./remote/request_maker.ts";

/** What a failed item leaves in its place, with `onItemError: "report"`. */
export interface ItemError {
  /** What went wrong, for a person. */
  readonly error: string;
  /** HTTP status, 400 to 599. */
  readonly status: number;
}

/** What is sent where for each item, how many at once, and what a failed one does. */
export interface RemoteBatchOptions<Item, Reply = unknown, Policy extends "fail" | "report" = "fail">
  extends RemoteOptions<Item, Reply> {
  /** How many requests of one list are under way at once, 1 or more. Default 8. */
  maxInFlight?: number;
  /** A failed item fails the whole event (default), or leaves `{ error, status }` in its place. */
  onItemError?: Policy;
}

const MAX_IN_FLIGHT = 8; // as many events as `remote` works on

const OPTIONS = z.strictObject({
  ...REMOTE_OPTIONS.shape,
  maxInFlight: z.int().min(1).optional(),
  onItemError: z.enum(["fail", "report"]).optional(),
});

/** What `remoteBatch` does with events. */
export const REMOTE_BATCH: StepDefinition = {
  kind: "remoteBatch",
  shape: "component",
  options: OPTIONS,
  code: REMOTE_CODE,
  defaults: () => REMOTE_DEFAULTS,
  triesItself: true,
  connects: true,
  check: checkRemote,
  open: (spec, scope) => new RemoteBatch(spec, scope),
};

class RemoteBatch implements Operator {
  readonly #options: z.infer<typeof OPTIONS>;
  readonly #reply: StepSpec["code"][string] | undefined;
  readonly #scope: StepScope;
  readonly #maker: RequestMaker;
  readonly #client: RemoteClient;

  constructor({ options: given, code }: StepSpec, scope: StepScope) {
    this.#options = OPTIONS.parse(given);
    this.#reply = code.reply;
    this.#scope = scope;
    this.#maker = new RequestMaker(this.#options, { code, scope });
    this.#client = new RemoteClient(this.#options, scope);
  }

  async process(event: FlowEvent): Promise<FlowEvent> {
    const input = this.#scope.read(event);
    const items = bodyOf(input);
    if (!Array.isArray(items)) {
      throw new TypeError(`Cannot ask for each item of the body: it is ${kindOf(items)}, not a list`);
    }
    this.#scope.write(event, await this.#all(event, items));
    return event;
  }

  close(): void {
    this.#client.close();
  }

  /** The first failure ends what is under way for the other items. */
  async #all(event: FlowEvent, items: readonly unknown[]): Promise<unknown[]> {
    const results: unknown[] = new Array(items.length);
    const failed = new AbortController();
    const signal = AbortSignal.any([this.#scope.contextOf(event).signal, failed.signal]);
    const left = items.entries();
    const work = async () => {
      for (const [index, item] of left) {
        if (signal.aborted) return;
        results[index] = await this.#one(event, { index, item, signal });
      }
    };
    const workers = Array.from(
      { length: Math.min(this.#options.maxInFlight ?? MAX_IN_FLIGHT, items.length) },
      () =>
        work().catch((error) => {
          failed.abort(error); // the first reason stays
          return undefined;
        }),
    );
    await Promise.all(workers);
    signal.throwIfAborted();
    return results;
  }

  async #one(
    event: FlowEvent,
    { index, item, signal }: { index: number; item: unknown; signal: AbortSignal },
  ): Promise<unknown> {
    try {
      const request = await this.#maker.make(event, item, index);
      return await checkReply(await this.#client.ask(request, signal), this.#reply, request);
    } catch (error) {
      if (this.#options.onItemError !== "report" || signal.aborted) throw error;
      return {
        error: redactText(describeThrown(error).message),
        status: isA(error, StatusError) ? error.status : 500,
      } satisfies ItemError;
    }
  }
}

/**
 * Asks another service once for each item of a body that is a list, several at once, and gives the list of the answers in the order
 * of the items. Each request is one of `remote`: its functions get the item, `retries`, `backoffMs`, `timeoutMs` and `breaker` of the
 * step hold for each, and `mlrun-event-id` is the event's id with the item's index behind it, `ID.0`.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { remoteBatch, serving } from "levada";
 *
 * await using service = Deno.serve({ port: 0, onListen() {} }, async (request) => {
 *   const n: number = await request.json();
 *   return n < 0 ? new Response("too small", { status: 422 }) : Response.json(Math.sqrt(n));
 * });
 *
 * const fn = serving("roots");
 * fn.setTopology("flow")
 *   .to("numbers", (text: string) => text.split(" ").map(Number))
 *   .to("roots", remoteBatch({ url: `http://localhost:${service.addr.port}/`, onItemError: "report" }))
 *   .to("known", (roots) => roots.filter((root) => typeof root === "number"))
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", "4 -1 9"), [2, 3]);
 * ```
 *
 * @param options See `RemoteBatchOptions` for units, ranges and defaults.
 */
export function remoteBatch<Item, Reply = unknown>(
  options: RemoteBatchOptions<Item, Reply, "report"> & { readonly onItemError: "report" },
): ReadyStep<readonly Item[], (Reply | ItemError)[]>;
/** The same where a failed item fails the event, or where only the program knows which. */
export function remoteBatch<Item, Reply = unknown, const Policy extends "fail" | "report" = "fail">(
  options: RemoteBatchOptions<Item, Reply, Policy>,
): ReadyStep<readonly Item[], Policy extends "report" ? (Reply | ItemError)[] : Reply[]>;
export function remoteBatch(
  options: RemoteBatchOptions<unknown, unknown, "fail" | "report">,
): ReadyStep<readonly unknown[], unknown[]> {
  const { options: data, code } = partRemote(options);
  return new ReadyStep(REMOTE_BATCH, data, code);
}
