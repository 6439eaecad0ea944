import type { Chain } from "../graph/chain.ts";
import type { Graph } from "../graph/graph.ts";
import type { RoutesOf } from "../graph/routes.ts";
import type { Options, Step } from "../graph/step.ts";
import type { Given, Result, Text } from "../graph/typing.ts";

/** A flow whose first step says what it takes. */
// deno-lint-ignore no-explicit-any -- the graph takes what its first step says
export interface OpenGraph extends Omit<Graph<any>, "to"> {
  /** Adds a start step; called twice, every start step gets each event. */
  to<
    In,
    Out,
    Args extends object = object,
    const Path extends Text = undefined,
    const From extends Text = undefined,
    Full extends boolean = false,
    More = unknown,
  >(
    name: string,
    step: Step<Given<In, From, Full>, Out, Args, More, In>,
    ...options: Options<NoInfer<Args>, Path, From, Full>
  ): Chain<In, Result<In, Path, Out>> & RoutesOf<More>;
}
