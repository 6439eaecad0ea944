import { z } from "zod";
import type { Context } from "./context.ts";
import { EarlyReply } from "./early_reply.ts";
import { FlowEvent } from "./event.ts";
import { isGenerator, isGeneratorFunction } from "./generator.ts";
import { andThen, laterOf } from "./later.ts";
import {
  type Code,
  type Operator,
  type PlainCall,
  type Reaction,
  type StepDefinition,
  type StepScope,
  type StepSpec,
  Streamed,
} from "./operator.ts";
import type { ServedModel } from "./served_model.ts";
import { withSecrets } from "./secret_data.ts";
import { declaredSignature, type StepSignature } from "./signature.ts";
import { type EventTask, ReadyStep, type Task } from "./step.ts";
import { writeChunks } from "./write_chunks.ts";

const NO_OPTIONS = z.strictObject({});

/** A step that is a function of the body. */
export const FUNCTION_TASK: StepDefinition = {
  kind: "function",
  shape: "box",
  options: NO_OPTIONS,
  code: { handler: "required" },
  streams: ({ code }) => isGeneratorFunction(code.handler),
  open(spec, scope) {
    return call(spec.code.handler!, scope);
  },
};

/** A step that is a class with `do` or `doEvent`. */
export const CLASS_TASK: StepDefinition = {
  kind: "class",
  shape: "box",
  options: NO_OPTIONS,
  code: { class: "required" },
  streams: ({ code }) => ["do", "doEvent"].some((name) => isGeneratorFunction(methodOf(code.class, name))),
  signatures: ({ code, args }) => typeof code.class === "function" ? [declaredSignature(code.class, args)] : [],
  async open(spec, scope) {
    const task = await openTask(spec, scope);
    if (typeof task.doEvent === "function") {
      const doEvent = task.doEvent.bind(task);
      const write: StepScope["write"] = (event, result) => {
        if (result instanceof FlowEvent) event.adopt(result);
        else if (result !== undefined) scope.write(event, result);
      };
      const run = (event: FlowEvent) => {
        const part = scope.read(event);
        if (part === event.body || part === event) return doEvent(event, scope.contextOf(event));
        const result = doEvent(event.with(part), scope.contextOf(event)); // inputPath: the event with that part of its body
        return andThen(result, bodyOf);
      };
      return { ...operator(run, write), ...rest(task) };
    }
    if (typeof task.do !== "function") {
      throw new TypeError(`Class ${spec.code.class!.name} has no do(body) and no doEvent(event) to call`);
    }
    return Object.assign(call(task.do.bind(task), scope), rest(task));
  },
};

/** Makes the ready step of a function or a class. */
export function asReadyStep(step: unknown): ReadyStep<never, unknown> | undefined {
  if (step instanceof ReadyStep) return step;
  if (typeof step !== "function") return undefined;
  return isClass(step)
    ? new ReadyStep(CLASS_TASK, {}, { class: step })
    : new ReadyStep(FUNCTION_TASK, {}, { handler: step });
}

/** Tells whether a function is a class: only those have a prototype that cannot be replaced. */
export function isClass(value: Code): boolean {
  return Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}

type Opened = Partial<Task<unknown, unknown> & EventTask<unknown, unknown>> & {
  close?: () => void | Promise<void>;
  /** A model server knows its tensors when it is open. */
  takesAndGives?: () => StepSignature;
  served?: () => ServedModel;
};

/** A method of a class's instances, without running a getter. */
function methodOf(Class: Code | undefined, name: string): unknown {
  for (let holder: object | null = Class?.prototype ?? null; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const found = Object.getOwnPropertyDescriptor(holder, name);
    if (found !== undefined) return found.value;
  }
  return undefined;
}

async function openTask(spec: StepSpec, scope: StepScope): Promise<Opened> {
  const Class = spec.code.class as unknown as new (args: unknown, context: unknown) => Opened;
  const task = new Class(withSecrets(spec.args), scope.context);
  await task.open?.();
  return task;
}

/** A function of the body and the context: the shortest way, which most steps go. */
class PlainTask implements Operator, PlainCall {
  readonly fn: PlainCall["fn"];
  readonly context: Context;
  readonly takesContext: boolean;
  readonly #scope: StepScope;

  constructor(fn: Code, scope: StepScope) {
    this.fn = fn as unknown as PlainCall["fn"];
    this.context = scope.context;
    this.takesContext = takesContext(fn);
    this.#scope = scope;
  }

  get plain(): PlainCall {
    return this;
  }

  process(event: FlowEvent): Reaction | Promise<Reaction> {
    const fn = this.fn;
    const result = fn(event.body, this.takesContext ? this.#scope.contextOf(event) : this.context);
    if (isObject(result)) return this.react(result, event);
    event.body = result;
    return event;
  }

  react(result: object, event: FlowEvent): Reaction | Promise<Reaction> {
    return laterOf(result) as Promise<Reaction> | undefined ?? this.settle(result, event);
  }

  settle(value: unknown, event: FlowEvent): Reaction {
    return finish(event, value, this.#scope.write);
  }
}

function call(fn: Code, scope: StepScope): Operator {
  if (scope.isPlain) return new PlainTask(fn, scope);
  const { read, write, context } = scope;
  return operator(
    takesContext(fn) ? (event) => fn(read(event), scope.contextOf(event)) : (event) => fn(read(event), context),
    write,
  );
}

/** Whether a function may look at its context: it has a second parameter, or hides how many it has. */
function takesContext(fn: Code): boolean {
  return fn.length !== 1;
}

function operator(run: (event: FlowEvent) => unknown, write: StepScope["write"]): Operator {
  return {
    process(event) {
      const result = run(event);
      if (isObject(result)) return reactionTo(result, event, write);
      write(event, result);
      return event;
    },
  };
}

/** Whether a result may be more than the new body. */
function isObject(result: unknown): result is object {
  return typeof result === "object" ? result !== null : typeof result === "function";
}

function reactionTo(result: object, event: FlowEvent, write: StepScope["write"]): Reaction | Promise<Reaction> {
  const later = laterOf(result); // no function is made where there is nothing to wait for: most steps come here
  return later === undefined ? finish(event, result, write) : later.then((value) => finish(event, value, write));
}

function finish(event: FlowEvent, result: unknown, write: StepScope["write"]): Reaction {
  if (result instanceof EarlyReply) return result;
  if (isGenerator(result)) return new Streamed(event, writeChunks(result, event, write));
  write(event, result);
  return event;
}

function bodyOf(result: unknown): unknown {
  return result instanceof FlowEvent ? result.body : result;
}

function rest(task: Opened): Pick<Operator, "close" | "models" | "signatures"> {
  return {
    ...(typeof task.close === "function" ? { close: () => task.close!() } : {}),
    ...(typeof task.takesAndGives === "function" ? { signatures: () => [task.takesAndGives!()] } : {}),
    ...(typeof task.served === "function" ? { models: () => [task.served!()] } : {}),
  };
}
