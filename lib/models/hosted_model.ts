import { describeThrown, ModelError, StatusError } from "../errors.ts";
import type { Context } from "../graph/context.ts";
import { keyParts, type ModelFacts } from "../graph/served_model.ts";
import type { StepSignature } from "../graph/signature.ts";
import type { Maybe } from "../graph/typing.ts";
import { notReady } from "../protocol/refusal.ts";
import type { ModelMetadata } from "../protocol/reply.ts";
import { isTensorRequest } from "../protocol/tensor_request.ts";
import type { ModelTold } from "./host/message.ts";
import type { Seat } from "./host/seat.ts";
import { modelReadiness } from "./model_metadata.ts";
import { watchHosted } from "./watch_hosted.ts";
import type { ModelAsk } from "./model_server.ts";

/** What a router asks of a model, wherever it runs. */
export interface RunningModel extends AsyncDisposable {
  /** What it is asked by. */
  readonly key: string;
  /** Its own context. */
  readonly context: Context;
  readonly isReady: boolean;
  /** Whether it may be closed while it is being loaded: it is ended where it runs. */
  readonly mayCloseEarly?: boolean;
  /** Why a model that was loaded cannot be asked for the moment; undefined where it can. */
  readonly trouble?: string | undefined;
  /** Whether that stays so while this program runs. */
  readonly isLost?: boolean;
  open(): Promise<void>;
  answer(question: ModelAsk): Maybe<unknown>;
  signature(): Pick<ModelMetadata, "inputs" | "outputs">;
  takesAndGives(): StepSignature;
  facts(): ModelFacts;
  /** What can be asked of it; undefined where it does not say. */
  operations?(): readonly string[];
}

/** Where a hosted model runs, and what is known of it here. */
export interface HostedModelOptions {
  readonly seat: Seat;
  readonly context: Context;
  readonly className: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const READ = ["GET", "HEAD"];

/** A model that runs in a worker or a process. */
export class HostedModel implements RunningModel {
  readonly key: string;
  readonly context: Context;
  /** What its class is called. */
  readonly className: string;
  /** The arguments of its route. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly mayCloseEarly = true;
  readonly #seat: Seat;
  #told: ModelTold | undefined;

  constructor(key: string, { seat, context, className, args }: HostedModelOptions) {
    this.key = key;
    this.className = className;
    this.args = args;
    this.#seat = seat;
    this.context = context;
  }

  get isReady(): boolean {
    return this.#told !== undefined && this.trouble === undefined;
  }

  get trouble(): string | undefined {
    return this.#seat.trouble;
  }

  get isLost(): boolean {
    return this.#seat.isLost;
  }

  /**
   * Loads the model where it runs.
   *
   * @throws {ModelError} If that fails.
   */
  async open(): Promise<void> {
    try {
      this.#told = await this.#seat.open();
    } catch (error) {
      await this.#seat.close();
      const { message } = describeThrown(error);
      const why = message.startsWith("Cannot load model ") ? message : `Cannot load model "${this.key}": ${message}`;
      throw new ModelError(why, { cause: error });
    }
  }

  /** Asks it there. */
  answer({ operation, event, context = this.context }: ModelAsk): Maybe<unknown> {
    const { key } = this;
    if (this.#told === undefined) {
      const isRead = READ.includes(event.method);
      if (operation !== "" || !isRead) throw notReady(key, isTensorRequest(event.body) ? 503 : 408);
      return { name: keyParts(key).name, model_endpoint_uid: "", ...this.signature() };
    }
    if (operation === "ready" && READ.includes(event.method)) {
      const { trouble } = this.#seat;
      if (trouble === undefined) return modelReadiness({ key, name: keyParts(key).name, isReady: true }, event);
      throw new StatusError(503, `Cannot ask model "${key}" yet: it is not ready, since it ended: ${trouble}`);
    }
    return watchHosted(
      this,
      { operation, event },
      () => this.#seat.ask({ operation, event, context }),
    );
  }

  signature(): Pick<ModelMetadata, "inputs" | "outputs"> {
    return this.#told?.signature ?? { inputs: [], outputs: [] };
  }

  takesAndGives(): StepSignature {
    return this.#told?.takesAndGives ?? {};
  }

  facts(): ModelFacts {
    return this.#told?.facts ?? { platform: "levada", inputs: [], outputs: [] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#told = undefined;
    await this.#seat.close();
  }
}
