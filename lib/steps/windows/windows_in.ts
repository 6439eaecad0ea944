import type { StepScope } from "../../graph/operator.ts";
import type { Operation } from "./tally.ts";
import type { Window, WindowPlan } from "./window_plan.ts";
import type { WindowTable } from "./window_table.ts";

/** Where the values of a feature are: `n_sum_1h`. */
export interface Found {
  readonly windows: WindowTable;
  readonly plan: WindowPlan;
  readonly operation: Operation;
  readonly window: Window;
}

/** The windows that the steps of a function keep for the keys of one table, by the names of the aggregations. */
export class WindowsIn {
  readonly #table: string;
  readonly #plans = new Map<
    string,
    { readonly windows: WindowTable; readonly plan: WindowPlan; readonly step: string }
  >();

  constructor(table: string) {
    this.#table = table;
  }

  /**
   * Takes what a step keeps.
   *
   * @throws {TypeError} If another step keeps windows of the same name.
   */
  add(windows: WindowTable, step: string): void {
    for (const plan of windows.plans) {
      const other = this.#plans.get(plan.name);
      if (other !== undefined) {
        throw new TypeError(
          `Cannot aggregate "${plan.name}" in table "${this.#table}": step "${other.step}" does so already. Rename one of them`,
        );
      }
      this.#plans.set(plan.name, { windows, plan, step });
    }
  }

  /**
   * Finds what a feature's name says; undefined where no aggregation is called like that.
   *
   * @throws {RangeError} If the aggregation has no such operation or window.
   */
  find(feature: string): Found | undefined {
    const [, name, operation, length] = /^(.+)_([a-z]+)_(\d+[a-z]+)$/s.exec(feature) ?? [];
    const known = this.#plans.get(name ?? "");
    if (known === undefined) return undefined;
    const { windows, plan } = known;
    const window = plan.windows.find(({ text }) => text === length);
    if (window !== undefined && plan.operations.includes(operation as Operation)) {
      return { windows, plan, operation: operation as Operation, window };
    }
    throw new RangeError(
      `Cannot query "${feature}" of table "${this.#table}": aggregation "${name}" has ${
        plan.operations.join(", ")
      } over ${plan.windows.map(({ text }) => text).join(", ")}`,
    );
  }
}

/** The windows in a table of the function that a step runs in. */
export function windowsIn(table: string, scope: StepScope): WindowsIn {
  return scope.share(`windows in ${table}`, () => new WindowsIn(table));
}
