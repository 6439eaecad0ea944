import { describeThrown, StatusError } from "../errors.ts";
import { CallContext } from "../flow/call_context.ts";
import { sleep } from "../flow/system_clock.ts";
import type { Context } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import { isGenerator } from "../graph/generator.ts";
import { andThen, laterOf } from "../graph/later.ts";
import {
  keyParts,
  type ModelCounts,
  type ModelFacts,
  type ModelState,
  type ServedModel,
} from "../graph/served_model.ts";
import type { StepSignature } from "../graph/signature.ts";
import type { Maybe } from "../graph/typing.ts";
import { askWatched } from "../models/ask_watched.ts";
import { AskedCounts } from "../models/asked_counts.ts";
import type { RunningModel } from "../models/hosted_model.ts";
import type { ModelAsk } from "../models/model_server.ts";
import type { ModelMetadata } from "../protocol/reply.ts";
import { isObject } from "../protocol/request_body.ts";
import { redactText } from "../redact_text.ts";
import type { Route, RouteTable } from "./route.ts";
import { versionsOf } from "./route_index.ts";

/** Makes the model of a route, not loaded yet. */
export type MakeModel = () => RunningModel;

const FIRST_PAUSE_MS = 1_000; // before a model that could not be loaded in the background is tried again; doubled each time
const LONGEST_PAUSE_MS = 60_000;

/** Where a route stands. */
export interface ModelRouteParts {
  readonly context: Context;
  /** All routes of its router, when they are opened: those of its name are its versions. */
  readonly table: RouteTable;
}

/** One model and how many requests it is answering. */
interface Instance {
  readonly model: RunningModel;
  busy: number;
  /** Called when the last answer is there and the model has been put aside. */
  onIdle?: () => void;
}

/** The route of a model server: it can be loaded while the others answer, loaded anew, and taken away. */
export class ModelRoute implements Route, ServedModel {
  readonly key: string;
  readonly name: string;
  readonly version?: string;
  readonly #make: MakeModel;
  readonly #context: Context;
  readonly #table: RouteTable;
  readonly #counts = new AskedCounts();
  readonly #closing = new AbortController();
  #instance: Instance;
  /** The one that is being loaded. */
  #next: Instance | undefined;
  #loading: Promise<void> | undefined;
  #state: ModelState = "loading";
  #reason: string | undefined;

  /** Makes the model, so that what its constructor refuses is told at once; it is not loaded yet. */
  constructor(key: string, make: MakeModel, { context, table }: ModelRouteParts) {
    const { name, version } = keyParts(key);
    this.key = key;
    this.name = name;
    if (version !== undefined) this.version = version;
    this.#make = make;
    this.#context = context;
    this.#table = table;
    this.#instance = { model: make(), busy: 0 };
  }

  /** The route itself: it is what it serves. */
  get served(): ServedModel {
    return this;
  }

  get state(): ModelState {
    return this.#state === "ready" && this.#instance.model.trouble !== undefined ? "restarting" : this.#state;
  }

  get reason(): string | undefined {
    const trouble = this.#state === "ready" ? this.#instance.model.trouble : undefined;
    return this.#reason ?? (trouble === undefined ? undefined : redactText(trouble));
  }

  get isLost(): boolean {
    return this.#state !== "unloaded" && this.#instance.model.isLost === true;
  }

  get isReady(): boolean {
    return this.#instance.model.isReady;
  }

  ask(question: ModelAsk): Maybe<unknown> {
    const answer = this.#ask(question);
    return question.operation === "" ? andThen(answer, (told) => this.#withVersions(told, question.event)) : answer;
  }

  /** What a model says of itself, with its other versions, of which it does not know; it alone where the path names its version. */
  #withVersions(told: unknown, { path }: FlowEvent): unknown {
    const { key, name, version } = this;
    if (version === undefined || !isObject(told) || !Array.isArray(told.versions) || told.name !== name) return told;
    const isAsked = path.split("/").slice(2).some((part) => part === version || part === key);
    return isAsked ? told : { ...told, versions: versionsOf(this.#table, name) };
  }

  #ask(question: ModelAsk): Maybe<unknown> {
    const { operation, event } = question;
    if (this.#state === "unloaded") {
      throw new StatusError(404, `Cannot ask model "${this.key}": it has been unloaded; load it first`);
    }
    if (this.#state === "failed" && (operation === "ready" || !["GET", "HEAD"].includes(event.method))) {
      throw new StatusError(503, `Cannot ask model "${this.key}", which could not be loaded: ${this.#reason}`);
    }
    if (this.#loading !== undefined && this.#state === "loading" && isRecord(event)) {
      return this.#loading.catch(() => {}).then(() => this.ask(question)); // a stream's record waits: nobody would send it again
    }
    const instance = this.#instance;
    instance.busy += 1;
    let answer: Maybe<unknown>;
    try {
      const question = { operation, event, context: new CallContext(this.#context, event) };
      answer = this.#counts.count(question, () => askWatched(instance.model, question));
    } catch (error) {
      leave(instance);
      throw error;
    }
    const later = laterOf(answer);
    if (later === undefined) {
      leave(instance);
      return isGenerator(answer) ? held(instance, answer) : answer;
    }
    return Promise.resolve(later).finally(() => leave(instance)).then((value) =>
      isGenerator(value) ? held(instance, value) : value
    );
  }

  signature(): Pick<ModelMetadata, "inputs" | "outputs"> {
    return this.#instance.model.signature();
  }

  takesAndGives(): StepSignature {
    return this.#instance.model.takesAndGives();
  }

  facts(): ModelFacts {
    return this.#instance.model.facts();
  }

  counts(): ModelCounts {
    return this.#counts;
  }

  tell(about: "metadata" | "readiness", event: FlowEvent): Maybe<unknown> {
    return this.ask({ operation: about === "metadata" ? "" : "ready", event });
  }

  operations(): readonly string[] {
    return this.#instance.model.operations?.() ?? [];
  }

  /** Loads the model that the route was made with. */
  open(): Promise<void> {
    return this.#load(this.#instance);
  }

  /** Loads the model in the background; a failure is logged and told by `state` and `reason`, and it is tried again. */
  openLater(): void {
    void this.#openLater();
  }

  async load(): Promise<void> {
    if (this.#loading !== undefined) return await this.#loading;
    await this.#load({ model: this.#make(), busy: 0 });
  }

  async unload(): Promise<void> {
    await this.#loading?.catch(() => {}); // what failed to load is taken away all the same
    if (this.#state === "unloaded") return;
    this.#state = "unloaded";
    this.#reason = undefined;
    await retire(this.#instance);
  }

  /** Waits for no model that is being loaded, which may take for ever: it is closed when it is there. */
  async close(): Promise<void> {
    this.#closing.abort();
    const wasThere = this.#state === "ready" || this.#state === "failed";
    const next = this.#next?.model;
    if (next?.mayCloseEarly === true) await next[Symbol.asyncDispose]();
    if (wasThere) await this.#instance.model[Symbol.asyncDispose]();
  }

  async #openLater(): Promise<void> {
    const { signal } = this.#closing;
    let pauseMs = FIRST_PAUSE_MS;
    for (let loading = this.open();; loading = this.load()) {
      try {
        return await loading;
      } catch (error) {
        if (signal.aborted) return;
        const { log, clock } = this.#context;
        log.error(`${describeThrown(error).message}. It is tried again in ${pauseMs / 1_000} s`);
        await sleep(clock, pauseMs, signal).catch(() => {});
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
        if (signal.aborted || this.#state !== "failed") return; // somebody has loaded it, or taken it away
      }
    }
  }

  #load(instance: Instance): Promise<void> {
    return this.#loading = this.#replace(instance).finally(() => this.#loading = undefined);
  }

  /** Puts a model in place when it is loaded; a failure leaves the one that was ready before, and says why. */
  async #replace(instance: Instance): Promise<void> {
    const before = this.#instance;
    const wasReady = this.#state === "ready";
    if (!wasReady) this.#state = "loading";
    this.#next = instance;
    try {
      await instance.model.open();
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#reason = redactText(describeThrown(error).message); // strangers read it
      if (!wasReady) this.#state = "failed";
      throw error;
    } finally {
      this.#next = undefined;
    }
    if (this.#closing.signal.aborted) return await instance.model[Symbol.asyncDispose]();
    this.#instance = instance;
    this.#state = "ready";
    this.#reason = undefined;
    if (before !== instance && wasReady) await retire(before);
  }
}

/** Whether an event came from a stream, and not from somebody who can be told to come again. */
function isRecord({ trigger }: FlowEvent): boolean {
  return trigger !== undefined && trigger !== "http" && trigger !== "grpc";
}

/** The chunks of an answer, during which the model stays. */
async function* held(
  instance: Instance,
  chunks: Iterable<unknown> | AsyncIterable<unknown>,
): AsyncGenerator<unknown, void, undefined> {
  instance.busy += 1;
  try {
    yield* chunks;
  } finally {
    leave(instance);
  }
}

function leave(instance: Instance): void {
  instance.busy -= 1;
  if (instance.busy === 0) instance.onIdle?.();
}

/** Closes a model when it has answered all that it was asked. */
async function retire(instance: Instance): Promise<void> {
  if (instance.busy > 0) await new Promise<void>((idle) => instance.onIdle = idle);
  await instance.model[Symbol.asyncDispose]();
}
