import { GraphError } from "../errors.ts";
import { isTable, memoryTable, type TableRows } from "../flow/memory_table.ts";
import type { OpenTable } from "../flow/tables.ts";
import type { GraphBuilder } from "../graph/builder.ts";
import { Contributions } from "../graph/contributions.ts";
import type { Graph } from "../graph/graph.ts";
import type { KeyedTable } from "../graph/keyed_table.ts";
import { keepTriggers } from "../graph/source.ts";
import { documentData } from "../graph/secret_data.ts";
import type { ApiOptions } from "../serve/api/api_options.ts";
import type { TrackingSettings } from "../monitoring/tracking_options.ts";
import { modelRouter } from "../routers/model_router.ts";
import { checkedTrigger } from "../triggers/checked_trigger.ts";
import { describeTrigger, isSchedule, type Trigger } from "../triggers/trigger.ts";
import type { ReadFunction } from "./function_document.ts";
import type { FunctionOptions } from "./function_options.ts";
import { RouterGraph } from "./router_graph.ts";
import type { GivenTable, Told } from "./told.ts";
import { checkTopology } from "./check_topology.ts";

/** What was told of a function, by whichever cells of a notebook, and what of it counts now. */
export class FunctionParts {
  readonly #told = new Contributions<Told>();

  /** Adds one; with `isLasting`, no cell that runs again takes it away. */
  add(told: Told, options: { isLasting?: boolean } = {}): void {
    this.#told.add(told, options);
    if (told.kind !== "topology") return;
    keepTriggers(told.graph, () =>
      [...this.triggers].map(([name, trigger]) => ({
        name,
        kind: isSchedule(trigger) ? "schedule" : "stream",
        detail: describeTrigger(trigger),
      })));
  }

  /** Adds what a document tells, which stays whatever cells run again. */
  addAll(told: readonly Told[], tables: ReadFunction["tables"]): void {
    for (const one of told) this.add(one, { isLasting: true });
    for (const [name, { rows, options }] of tables) this.addTable(name, rows, options);
  }

  /** Adds the router of a function that was given a model before a topology: no cell's, since the models of several share it. */
  addRouter(builder: GraphBuilder): RouterGraph {
    const graph = new RouterGraph(builder, modelRouter(), { isLasting: true });
    this.add({ kind: "topology", graph }, { isLasting: true });
    return graph;
  }

  /** Declares a child, see `addChildFunction` of the function. */
  addChild(fn: string, name: string, options: FunctionOptions): void {
    if (typeof name !== "string" || name === "") {
      throw new TypeError(`Cannot declare a child of function "${fn}" without a name: addChildFunction("name")`);
    }
    if (name === fn) {
      throw new Error(
        `Cannot declare child function "${name}" of "${fn}": that is the function itself. Give the child another name; ` +
          "steps without `function` are the function's own",
      );
    }
    if (this.children.has(name)) {
      throw new Error(`Cannot declare child function "${name}" of "${fn}": it is declared already`);
    }
    this.add({ kind: "child", name, options });
  }

  /** Adds a trigger, see `addTrigger` of the function. */
  addTrigger(fn: string, name: string, trigger: Trigger): void {
    const checked = checkedTrigger(fn, name, trigger);
    if (this.triggers.has(name)) {
      throw new Error(`Cannot add trigger "${name}" to function "${fn}": it has one of this name already`);
    }
    this.add({ kind: "trigger", name, trigger: checked });
  }

  /** Adds a table, see `addTable` of the function. */
  addTable(name: string, rows: TableRows | KeyedTable, options: { key?: string }): void {
    if (typeof name !== "string" || name === "") {
      throw new TypeError(`Cannot add a table without a name: fn.addTable("name", rows)`);
    }
    const given = isTable(rows) ? undefined : memoryTable(rows, options);
    const open = () => given?.copy() ?? rows as KeyedTable;
    this.add({ kind: "table", name, open, given: { rows, options } });
  }

  /** Its graph; undefined where it has none yet. */
  get topology(): Graph | RouterGraph | undefined {
    return this.#told.live.findLast((told) => told.kind === "topology")?.graph;
  }

  /**
   * Asks whether it may get such a topology.
   *
   * @throws {Error} If it has one already, or there is none such, or what is given is none of its.
   */
  checkTopology(name: string, topology: string, given: unknown): void {
    if (this.topology !== undefined) {
      throw new Error(
        `Cannot set the topology of function "${name}" to ${topology}: it has one already. Make another function`,
      );
    }
    checkTopology(name, topology, given);
  }

  /**
   * Its graph.
   *
   * @throws {GraphError} If it has none yet.
   */
  graph(act: string): Graph | RouterGraph {
    if (this.topology !== undefined) return this.topology;
    throw new GraphError(act, [{
      cause: "it has no graph",
      cure: `Make one: fn.setTopology("flow").to("name", (body) => body).respond()`,
      severity: "error",
    }]);
  }

  /** Its child functions. */
  get children(): ReadonlyMap<string, FunctionOptions> {
    return new Map(this.#told.live.flatMap((told) => told.kind === "child" ? [[told.name, told.options]] : []));
  }

  /** What starts it by itself. */
  get triggers(): ReadonlyMap<string, Trigger> {
    return new Map(this.#told.live.flatMap((told) => told.kind === "trigger" ? [[told.name, told.trigger]] : []));
  }

  /** Its parameters. */
  get params(): ReadonlyMap<string, unknown> {
    return new Map(this.#told.live.flatMap((told) => told.kind === "param" ? [[told.name, told.value]] : []));
  }

  /** How its models are tracked; undefined where they are not. */
  get tracking(): TrackingSettings | undefined {
    return this.#told.live.findLast((told) => told.kind === "tracking")?.settings;
  }

  /** Which paths it answers; undefined where it answers all. */
  get api(): ApiOptions | undefined {
    return this.#told.live.findLast((told) => told.kind === "api")?.options;
  }

  /** All of it that is data, without secrets that are written out; tables are handed in where the function runs. */
  toJSON(options: FunctionOptions): object {
    const { topology, children, params, api, tracking, triggers } = this;
    return {
      options: placeData(options),
      topology: topology instanceof RouterGraph ? "router" : "flow",
      graph: topology?.toJSON(),
      children: Object.fromEntries([...children].map(([name, place]) => [name, placeData(place)])),
      params: documentData(Object.fromEntries(params)),
      ...(triggers.size === 0 ? {} : { triggers: documentData(Object.fromEntries(triggers)) }),
      ...(api === undefined ? {} : { api }),
      ...(tracking === undefined ? {} : { tracking: documentData({ ...tracking, random: undefined }) }),
    };
  }

  /** The tables as they were handed in. */
  get givenTables(): ReadonlyMap<string, GivenTable> {
    return new Map(this.#told.live.flatMap((told) => told.kind === "table" ? [[told.name, told.given]] : []));
  }

  /** Opens the tables that were handed in; each start anew. */
  get tables(): OpenTable {
    const tables = new Map(this.#told.live.flatMap((told) => told.kind === "table" ? [[told.name, told.open]] : []));
    return Object.assign((name: string) => tables.get(name)?.(), { names: [...tables.keys()] });
  }
}

/** How it is served names its secrets and files, and has none written out. */
function placeData({ serve, ...place }: FunctionOptions): object {
  return { ...documentData({ ...place }), ...(serve === undefined ? {} : { serve }) };
}
