/** What a graph tells of itself to be drawn: plain data, no behaviour. Names are as the user wrote them, unescaped. */
export interface GraphView {
  /** The graph's name. */
  readonly name: string;
  /** The child functions, in the order in which they are drawn. */
  readonly functions: readonly string[];
  /** What is said of a child function now, by its name. */
  readonly functionNotes?: Readonly<Record<string, ViewNote>>;
  /** Its steps. */
  readonly steps: readonly StepView[];
  /** The lines between them. */
  readonly edges: readonly EdgeView[];
  /** What starts it besides its callers. */
  readonly sources?: readonly SourceView[];
}

/** A trigger as it is drawn. */
export interface SourceView {
  /** Its name. */
  readonly name: string;
  /** Records, or times. */
  readonly kind: "stream" | "schedule";
  /** Where from, or when. */
  readonly detail: string;
  /** What is said of it now. */
  readonly note?: ViewNote;
}

/** One step as it is drawn. */
export interface StepView {
  /** Its name in the graph. */
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
  /** The user's own words about it. */
  readonly comment?: string;
  /** What is said of it now, as while it runs. */
  readonly note?: ViewNote;
  /** What is said at the arrow from the start, for a first step. */
  readonly startNote?: string;
}

/** What is said of a thing at a moment. */
export interface ViewNote {
  /** A line each. */
  readonly lines: readonly string[];
  /** Something is wrong with it. */
  readonly isWrong?: boolean;
}

/** One route of a router or ensemble. */
export interface RouteView {
  /** Its key. */
  readonly name: string;
  /** The name of its class. */
  readonly detail?: string;
  /** What is said of it now. */
  readonly note?: ViewNote;
}

/** A line between two steps: the body's way, an error's way, or a way back. */
export interface EdgeView {
  /** The step that it leaves. */
  readonly from: string;
  /** The step that it enters. */
  readonly to: string;
  /** `flow` is the body's way, `error` an error's, `cycle` a way back. */
  readonly kind: "flow" | "error" | "cycle";
  /** What is said at it. */
  readonly note?: string;
}
