/** MLRun's model runner → ours. */

import type { GoldenCase } from "./golden_case.ts";
import { maker } from "./facade.ts";
import { classOf } from "./meanings.ts";

/** A model runner as a case writes it. */
export interface RunnerCall {
  readonly name: string;
  readonly raise_exception: boolean;
  /** A class that selects models. */
  readonly selector: string | null;
  readonly models: readonly RunnerModel[];
}

interface RunnerModel {
  readonly name: string;
  readonly class: string;
  readonly execution_mechanism: string;
  readonly [parameter: string]: unknown;
}

/** A step as `to` takes it, and the models that it runs, where it is a model runner. */
export interface AnyStepOf {
  readonly name: string;
  readonly step: unknown;
  readonly options: Record<string, unknown>;
  readonly models?: readonly {
    readonly key: string;
    readonly model: unknown;
    readonly args: Record<string, unknown>;
  }[];
}

/** MLRun's mechanisms, as ours. */
const MECHANISMS: Readonly<Record<string, string>> = {
  naive: "inline",
  asyncio: "inline",
  thread_pool: "pool",
  process_pool: "process",
  dedicated_process: "process",
};

/** Makes the step of a model runner. */
export function modelRunner({ name, raise_exception, selector, models }: RunnerCall): AnyStepOf {
  return {
    name,
    step: maker("modelRunner")({
      onMemberError: raise_exception ? "fail" : "drop",
      ...(selector === null ? {} : { select: classOf(selector) }),
    }),
    options: {},
    models: models.map(({ name: key, class: model, execution_mechanism: mechanism, ...args }) => ({
      key,
      model: classOf(model),
      args: { ...args, mechanism: mechanismOf(mechanism) },
    })),
  };
}

/** The step that a case made outside of its recorded calls: a model runner, told by what MLRun said of its mechanism. */
export function unrecordedStep({ build_error: error }: GoldenCase): AnyStepOf | undefined {
  const mechanism = error?.op === -1 ? /^Execution mechanism '(.+)' is invalid/.exec(error.message)?.[1] : undefined;
  if (mechanism === undefined) return undefined;
  const model = { name: "m0", class: "Inc", execution_mechanism: mechanism };
  return modelRunner({ name: "mrs", raise_exception: true, selector: null, models: [model] });
}

function mechanismOf(given: string): unknown {
  const kind = MECHANISMS[given] ?? given;
  return kind === "pool" ? { kind, workers: 1 } : kind;
}
