/** The classes that cases name. */

import { type Context, FlowEvent, StatusError } from "levada";
import { EXPRESSIONS, HANDLERS } from "./handlers.ts";
import { ApplyNLP } from "./nlp.ts";
import { caught } from "./event_handlers.ts";
import { add, field, isTrue, number, times } from "./python.ts";
import { STATUSES } from "./statuses.ts";

type Body = Record<string, unknown>;

class Step<Args = object> {
  readonly args: Args;
  readonly name: string;

  constructor(args: Args, context: Context) {
    this.args = args;
    this.name = context.step;
  }
}

class Echo {
  do(x: unknown): unknown {
    return x;
  }
}

class Chain extends Step {
  do(x: unknown): unknown {
    return add(x, [this.name]);
  }
}

class RespName extends Step {
  do(x: unknown): unknown {
    return [x, this.name];
  }
}

class Add extends Step<{ k?: number }> {
  do(x: unknown): unknown {
    return add(x, this.args.k ?? 1);
  }
}

class Multiply extends Step<{ k?: number }> {
  do(x: unknown): unknown {
    return times(x, this.args.k ?? 2);
  }
}

class Put extends Step<{ key?: string; value?: unknown }> {
  do(x: Body): Body {
    x[this.args.key ?? "k"] = this.args.value ?? 1;
    return x;
  }
}

class Apply extends Step<{ fn: string; times?: number }> {
  do(x: unknown): unknown {
    const fn = (HANDLERS[this.args.fn] ?? EXPRESSIONS[this.args.fn]) as (x: unknown) => unknown;
    for (let left = this.args.times ?? 1; left > 0; left--) x = fn(x);
    return x;
  }
}

class Go extends Step {
  do(x: unknown): unknown {
    return [this.name, "go", x];
  }
}

class Stay extends Step {
  do(x: unknown): unknown {
    return [this.name, "stay", x];
  }
}

class FullEvent extends Step {
  doEvent(event: FlowEvent): FlowEvent {
    event.body = { via: this.name, body: event.body };
    return event;
  }
}

class NoDo {}

class BadInit extends Echo {
  readonly needed: unknown;

  constructor({ needed }: { needed?: unknown }) {
    super();
    if (needed === undefined) throw new TypeError("BadInit takes an argument: needed");
    this.needed = needed;
  }
}

class InitRaises extends Echo {
  constructor() {
    super();
    throw new Error("init boom");
  }
}

class Raiser extends Step<{ msg?: string }> {
  do(): never {
    throw new Error(`${this.name}: ${this.args.msg ?? "this step raises"}`);
  }
}

class RaiseKind {
  do(x: { raise: string }): never {
    const status = STATUSES[x.raise];
    throw status === undefined ? new Error("told to") : new StatusError(status, "told to");
  }
}

class RaiseIf extends Step<{ key?: string }> {
  do(x: unknown): unknown {
    if (isTrue((x as Body | null)?.[this.args.key ?? "fail"])) throw new Error(`${this.name} was told to fail`);
    return x;
  }
}

class RaiseAfterMutation {
  do(x: Body): never {
    x.touched = true;
    throw new Error("after mutation");
  }
}

class EchoError {
  doEvent(event: FlowEvent): FlowEvent {
    return caught(event);
  }
}

class Counter extends Step<{ stop?: number }> {
  do(x: Body): Body {
    const counter = number(field(x, "counter")) + 1;
    x.counter = counter;
    x.go_cyclic = counter <= (this.args.stop ?? 4);
    return x;
  }
}

class Tool extends Step {
  do(x: Body): Body {
    x[this.name] = Number(x[this.name] ?? 0) + 1;
    return x;
  }
}

class Sleep extends Step<{ seconds?: number }> {
  async do(x: unknown): Promise<unknown> {
    await new Promise((resolve) => setTimeout(resolve, (this.args.seconds ?? 0.05) * 1000));
    return x;
  }
}

class SleepIfSlow extends Step<{ seconds?: number; when?: unknown }> {
  async do(x: Body): Promise<Body> {
    if (x.x === (this.args.when ?? 1)) {
      await new Promise((resolve) => setTimeout(resolve, (this.args.seconds ?? 0.1) * 1000));
    }
    return x;
  }
}

/** Classes by the name that cases use; a name with a dot is a class whose entry method is another than `do`. */
export const CLASSES: Readonly<Record<string, abstract new (...args: never) => object>> = {
  Echo,
  Chain,
  RespName,
  Add,
  Multiply,
  Put,
  Apply,
  "Named.go": Go,
  "Named.stay": Stay,
  FullEvent,
  NoDo,
  BadInit,
  InitRaises,
  Raiser,
  RaiseKind,
  RaiseIf,
  RaiseAfterMutation,
  EchoError,
  Counter,
  Tool,
  Sleep,
  SleepIfSlow,
  ApplyNLP,
};
