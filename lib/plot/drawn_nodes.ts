import { oneLine } from "../draw/escape.ts";
import type { RouteView, StepView } from "./view.ts";

/** A step as Graphviz knows it. */
export interface DrawnNode {
  readonly id: string;
  readonly step: StepView;
  /** Where edges end: the step itself, or what stands in the middle of its routes. */
  readonly middle: string;
  readonly routes?: readonly (DrawnRoute | Anchor)[];
}
export type DrawnRoute = RouteView & { readonly id: string };
/** Stands in the middle of an even number of routes, for edges to end at. */
export type Anchor = { readonly id: string; readonly anchor: true };

/** The steps as nodes, each with an id that nothing else has, whatever the names are. */
export class DrawnNodes {
  readonly #nodes = new Map<StepView, DrawnNode>();
  readonly #byName = new Map<string, DrawnNode>();
  readonly #ids = new Set<string>();

  constructor(steps: readonly StepView[]) {
    for (const step of steps) {
      const node = this.#node(step, this.newId(oneLine(step.name)));
      this.#nodes.set(step, node);
      if (!this.#byName.has(step.name)) this.#byName.set(step.name, node);
    }
  }

  /** The nodes of a child function, or of the graph's own. */
  within(name: string | undefined): DrawnNode[] {
    return [...this.#nodes.values()].filter(({ step }) => step.function === name);
  }

  of(step: StepView): DrawnNode {
    return this.#nodes.get(step)!;
  }

  find(name: string): DrawnNode | undefined {
    return this.#byName.get(name);
  }

  newId(wish: string): string {
    let id = wish;
    for (let count = 2; this.#ids.has(id); count++) id = `${wish} (${count})`;
    this.#ids.add(id);
    return id;
  }

  #node(step: StepView, id: string): DrawnNode {
    if (step.routes === undefined) return { id, step, middle: id };
    const routes: (DrawnRoute | Anchor)[] = step.routes.map((route) => ({
      ...route,
      id: this.newId(`${id}/${oneLine(route.name)}`),
    }));
    const half = Math.floor(routes.length / 2);
    if (routes.length % 2 === 0) routes.splice(half, 0, { id: this.newId(`${id}/`), anchor: true });
    return { id, step, middle: routes[half]!.id, routes };
  }
}
