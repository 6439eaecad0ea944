/** What a graph tells of itself to be drawn: plain data, no behaviour. Names are as the user wrote them, unescaped. */
export interface GraphView {
  readonly name: string;
  /** The child functions, in the order in which they are drawn. */
  readonly functions: readonly string[];
  readonly steps: readonly StepView[];
  readonly edges: readonly EdgeView[];
}

/** One step as it is drawn. */
export interface StepView {
  readonly name: string;
  /** What kind of step it is: `task`, `class`, `router`, `queue`, `filter`, … */
  readonly kind: string;
  /** A Graphviz node shape: the user's own or the kind's; by default a rounded box. */
  readonly shape?: string;
  /** The name of its class or function, where it says more than the step's. */
  readonly detail?: string;
  /** The child function that it runs in; left out for the graph's own function. */
  readonly function?: string;
  /** Its result is the caller's answer. */
  readonly responder: boolean;
  /** It takes other steps' errors. */
  readonly handler: boolean;
  /** It is the graph's own handler: of all errors, or of the rest, where steps have handlers of their own. */
  readonly takes?: "all" | "rest";
  /** There for steps that take routes, even if they have none yet. */
  readonly routes?: readonly RouteView[];
  readonly comment?: string;
}

/** One route of a router or ensemble. */
export interface RouteView {
  readonly name: string;
  /** The name of its class. */
  readonly detail?: string;
}

/** A line between two steps: the body's way, an error's way, or a way back. */
export interface EdgeView {
  readonly from: string;
  readonly to: string;
  readonly kind: "flow" | "error" | "cycle";
}
