import type { EdgeView, GraphView, StepView, ViewNote } from "../../plot/view.ts";
import { functionNotes } from "../function_notes.ts";
import type { ProcessStatus } from "./deployed_state.ts";
import type { DeploymentRates, RunningRate } from "./rates.ts";

/** What runs, and how much goes through it. */
export interface Running {
  readonly status: Pick<ProcessStatus, "functions">;
  readonly rates: DeploymentRates;
}

/** A graph as it runs: how many events a second each way has, how long each step takes, what waits and what fails. */
export function runningView(view: GraphView, { status, rates: { rates, triggers, silent } }: Running): GraphView {
  const steps = new Map(rates.filter(({ kind }) => kind === "step").map((rate) => [rate.name, rate]));
  const models = new Map(rates.filter(({ kind }) => kind === "model").map((rate) => [rate.name, rate]));
  const ways = Map.groupBy(view.edges, ({ to }) => to);
  const noted = (step: StepView): StepView => {
    const rate = steps.get(step.name);
    const into = ways.get(step.name) ?? [];
    return {
      ...step,
      ...rate === undefined ? {} : { note: noteOf(rate, { tellsRate: into.length > 1 }) },
      ...rate === undefined || into.length > 0 ? {} : { startNote: perSecond(rate.perSecond) },
      ...step.routes === undefined ? {} : {
        routes: step.routes.map((route) => {
          const asked = models.get(route.name);
          return asked === undefined ? route : { ...route, note: noteOf(asked, { tellsRate: true }) };
        }),
      },
    };
  };
  return {
    ...view,
    functionNotes: functionNotes(status.functions, silent),
    steps: view.steps.map(noted),
    ...view.sources === undefined ? {} : {
      sources: view.sources.map((source) => {
        const { waiting = 0 } = triggers.find(({ name }) => name === source.name) ?? {};
        return waiting === 0 ? source : { ...source, note: { lines: [`${shortNumber(waiting)} waiting`] } };
      }),
    },
    edges: view.edges.map((edge): EdgeView => {
      const rate = steps.get(edge.to);
      const isOnly = ways.get(edge.to)!.length === 1; // a step counts what it is given, not by whom
      return rate === undefined || !isOnly ? edge : { ...edge, note: perSecond(rate.perSecond) };
    }),
  };
}

function noteOf(
  { perSecond: rate, ms, failedPerSecond, waiting }: RunningRate,
  { tellsRate }: { tellsRate: boolean },
): ViewNote {
  return {
    lines: [
      ...tellsRate ? [perSecond(rate)] : [],
      ...waiting !== undefined ? [`${shortNumber(waiting)} waiting`] : ms === undefined ? [] : [timeText(ms)],
      ...failedPerSecond === 0 ? [] : [`${perSecond(failedPerSecond)} failed`],
    ],
    isWrong: failedPerSecond > 0,
  };
}

function perSecond(rate: number): string {
  return `${shortNumber(rate)}/s`;
}

function timeText(ms: number): string {
  return ms < 0.1 ? `${shortNumber(1_000 * ms)} µs` : `${shortNumber(ms)} ms`;
}

/** Two digits that count, and no more than that is worth telling; whole from ten on. */
function shortNumber(value: number): string {
  if (value >= 10) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(2)));
}
