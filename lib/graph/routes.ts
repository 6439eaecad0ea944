import type { Context } from "./context.ts";
import type { Mechanism } from "./mechanism.ts";
import type { EventTask, Handler, Task } from "./step.ts";

/** The class of a model or of a task, as a route takes it. */
// deno-lint-ignore no-explicit-any -- a route's body is decided by the request
export type RouteClass<Args> = new (args: Args, context: Context) => Task<any, unknown> | EventTask<any, unknown>;

/** What every route takes besides the arguments of its class. */
export type RouteOptions = {
  /** The child function that runs it. */
  function?: string;
  /** Where it runs. Elsewhere than `inline` its class is imported anew, and says where it is: `static readonly module = import.meta.url`. */
  mechanism?: Mechanism;
};

/** The arguments of a route's class; they may be left out when it needs none. */
// deno-lint-ignore ban-types -- `{}` asks whether Args has no required key
export type RouteArgs<Args> = {} extends Args ? [args?: NoInfer<Args> & RouteOptions]
  : [args: NoInfer<Args> & RouteOptions];

/** What takes routes; each is a model server, a task or a function. */
export interface Routes {
  /** Adds a model, task or function under a key; the same key again replaces it. */
  addRoute<Args extends object = object>(
    key: string,
    // deno-lint-ignore no-explicit-any -- a route's body is decided by the request
    model: RouteClass<Args> | Handler<any, unknown>,
    ...args: RouteArgs<Args>
  ): this;
}

/** What a chain can do besides when its step takes routes. */
export type RoutesOf<More> = More extends Routes ? Routes : unknown;
