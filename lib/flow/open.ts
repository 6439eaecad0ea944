import { describeThrown, type Fault } from "../errors.ts";
import type { Plan, PlanStep } from "../graph/compile.ts";
import type { Clock } from "../graph/clock.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { Operator, StepScope } from "../graph/operator.ts";
import { withSecrets } from "../graph/secret_data.ts";
import { begin } from "./begin.ts";
import { CallContext } from "./call_context.ts";
import type { Counts } from "./counts.ts";
import { exchangeOutlet } from "./exchange_outlet.ts";
import { Gate } from "./gate.ts";
import { Holding } from "./holding.ts";
import { traceHeaders } from "./instruments.ts";
import { Policy, withPolicy } from "./policy.ts";
import { streamOutlet } from "./outlet.ts";
import type { RunningStep } from "./running_step.ts";
import { reader, writer } from "./scope.ts";
import { contextFor, type Surroundings } from "./surroundings.ts";
import { Tables } from "./tables.ts";
import type { Traffic } from "./traffic.ts";
import type { Walk } from "./walk.ts";

/** What steps are opened with. */
export interface OpenOptions {
  readonly walk: Walk;
  readonly traffic: Traffic;
  readonly clock: Clock;
  readonly counts: Counts;
  /** Gets what leaves by queues at the end. */
  readonly sent: Map<string, unknown[]>;
  readonly surroundings: Surroundings;
  /** Gets a fault for each step that could not be opened. */
  readonly faults: Fault[];
}

const KEPT_SENT = 10_000; // of what left by a queue in memory: enough to look at, bounded for a server that runs for days

/** Opens all steps at once and joins them; undefined stands where a step could not be opened. */
export async function openSteps(plan: Plan, options: OpenOptions): Promise<(RunningStep | undefined)[]> {
  const handlerIndices = new Set(plan.steps.flatMap(({ handlers }) => handlers.map(({ step }) => step)));
  const running: (Mutable<RunningStep> | undefined)[] = new Array(plan.steps.length);
  const { surroundings: { log, table, instruments } } = options;
  const tables = new Tables(table, { steps: plan.steps, log });
  const common: Common = { ...options, tables, shared: new Map() };
  await Promise.all(plan.steps.map(async (step, index) => {
    const { clock } = options;
    const policy = new Policy({ step: step.spec.name, options: step.options, clock, log });
    const shell: Mutable<RunningStep> = {
      name: step.spec.name,
      function: step.function,
      options: step.options,
      operator: CLOSED,
      outlets: [],
      handlers: [],
      isHandler: handlerIndices.has(index),
      answers: answersOf(plan, step),
      isCallers: step.leadsToReply || step.followsFailure,
      then: undefined,
      isOnCycle: step.isOnCycle,
      maxIterations: step.maxIterations,
      collects: step.definition.collects === true,
      joins: step.definition.joins === true,
      isBorder: step.definition.isBorder === true,
      gate: new Gate(step.options.maxInFlight, (visit) => options.walk.resume(shell, visit)),
      holding: new Holding(),
      streams: new Set(),
    };
    try {
      const spec = {
        ...step.spec,
        options: withSecrets(step.spec.options, { byName: step.definition.connects === true }),
      };
      const operator = await step.definition.open(spec, scopeOf(plan, step, { shell, policy, ...common }));
      const tried = step.definition.triesItself === true ? operator : withPolicy(operator, policy);
      shell.operator = instruments?.step?.(tried, { step: shell.name, function: shell.function }) ?? tried;
      running[index] = shell;
    } catch (error) {
      options.faults.push({
        step: step.spec.name,
        cause: describeThrown(error).message,
        cure: "Mend the step, then start again",
        severity: "error",
      });
    }
  }));
  for (const [index, step] of running.entries()) {
    if (step === undefined) continue;
    step.outlets = plan.steps[index]!.next.flatMap((next) => running[next] ?? []);
    if (step.outlets.length === 1 && step.answers === "never") step.then = step.outlets[0];
    step.handlers = plan.steps[index]!.handlers.flatMap(({ step: handler, ...rest }) => {
      const found = running[handler];
      return found === undefined ? [] : [{ step: found, ...rest }];
    });
  }
  return running;
}

function answersOf({ hasResponder }: Plan, step: PlanStep): RunningStep["answers"] {
  if (step.responds) return "always";
  return hasResponder && step.followsFailure && step.next.length === 0 ? "failures" : "never";
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

const CLOSED: Operator = {
  process() {
    throw new Error("Cannot run a step that is not open yet");
  },
};

/** What the steps of one flow have in common. */
interface Common extends OpenOptions {
  readonly tables: Tables;
  /** What they share under a name. */
  readonly shared: Map<string, unknown>;
}

/** How many steps lead to one; an error handler among them stands in for a step that fails, and brings no part of its own. */
function inletsOf({ steps }: Plan, step: PlanStep): number {
  const index = steps.indexOf(step);
  const inlets = steps.filter(({ next }) => next.includes(index));
  return inlets.filter(({ followsFailure }) => !followsFailure).length || inlets.length;
}

/** The largest `maxInFlight` of the steps behind one, up to the next queues. */
function inFlightBehind(plan: Plan, step: PlanStep): number {
  const seen = new Set(step.next);
  let largest = 1;
  for (const index of seen) {
    const { options, definition, next } = plan.steps[index]!;
    if (definition.isBorder === true) continue;
    largest = Math.max(largest, options.maxInFlight ?? 1);
    for (const further of next) seen.add(further);
  }
  return largest;
}

function scopeOf(
  plan: Plan,
  step: PlanStep,
  { shell, policy, ...options }: Common & { readonly shell: RunningStep; readonly policy: Policy },
): StepScope {
  const { walk, traffic, clock, counts, sent, tables, shared } = options;
  const surroundings = { ...options.surroundings, tables };
  const name = step.spec.name;
  const context = contextFor(name, step.function, surroundings);
  return {
    context,
    clock,
    inlets: inletsOf(plan, step),
    outlets: step.next.map((next) => plan.steps[next]!.spec.name),
    inFlightBehind: inFlightBehind(plan, step),
    contextOf: (event) => new CallContext(context, event),
    traceHeaders: (event) => traceHeaders(event, "asks", surroundings.instruments),
    isPlain: step.options.fullEvent !== true && step.options.inputPath === undefined &&
      step.options.resultPath === undefined,
    resultPath: step.options.resultPath,
    isShared: step.options.share === true,
    read: reader(step.options),
    write: writer(step.options),
    routeContext: (key) => contextFor(key, step.function, surroundings),
    params: surroundings.params,
    release: (event, of) => walk.release(shell, event, of),
    end: (held) => walk.end(shell, held),
    fail: (held, error) => walk.fail(shell, held, error),
    begin: (event) => begin(shell, event, { walk, traffic }),
    share<Value>(what: string, make: () => Value): Value {
      const place = JSON.stringify([step.function, what]);
      if (!shared.has(place)) shared.set(place, make());
      return shared.get(place) as Value;
    },
    count: (what, by) => counts.add(name, what, by),
    attempt: async (run, given) => await policy.run({ ...given, run: (cut) => run(cut.signal) }),
    async openOutlet(options) {
      const stream = await surroundings.openStream?.(name, options);
      if (stream === undefined) return undefined;
      const direct = streamOutlet(stream, surroundings);
      if (surroundings.openExchanged === undefined) return direct;
      const exchanged = await surroundings.openExchanged(name, options);
      return exchangeOutlet({ direct, exchanged, instruments: surroundings.instruments });
    },
    send(event: FlowEvent) {
      const bodies = sent.get(name) ?? [];
      sent.set(name, bodies);
      bodies.push(event.body);
      if (bodies.length > KEPT_SENT) bodies.shift();
    },
  };
}
