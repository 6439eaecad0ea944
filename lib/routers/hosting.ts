/** Routes that run elsewhere: what their `mechanism` means, and what is wrong with it. */

import { z } from "zod";
import type { Fault } from "../errors.ts";
import type { Context } from "../graph/context.ts";
import type { Code, RouteSpec, StepScope, StepSpec } from "../graph/operator.ts";
import { sentSecrets, withSecrets } from "../graph/secret_data.ts";
import { isClass } from "../graph/task.ts";
import { notData } from "../models/host/data_only.ts";
import type { ModelHome } from "../models/host/message.ts";
import { openWorker, processes } from "../models/host/place.ts";
import { Losses } from "../models/host/losses.ts";
import { Pool } from "../models/host/pool.ts";
import { OwnSeat, type Seat, type SeatOptions } from "../models/host/seat.ts";
import { HostedModel } from "../models/hosted_model.ts";
import type { Mechanism } from "../graph/mechanism.ts";
import { homeOf, mechanismOf } from "../models/mechanism_of.ts";

const KIND = z.enum(["inline", "pool", "worker", "process"]);

/** A mechanism as an option of a step or of a route. */
export const MECHANISM = z.union([
  KIND,
  z.strictObject({
    kind: KIND,
    timeLimitMs: z.number().positive().optional(),
    memoryLimitMb: z.int().min(16).optional(),
    workers: z.int().min(1).max(256).optional(),
    flags: z.array(z.string()).optional(),
  }),
]) as unknown as z.ZodType<Mechanism>;

/** Makes the model of a route that runs elsewhere; undefined where it runs inline. */
export function hostedModel(
  { key, model, args }: RouteSpec,
  { scope, context }: { scope: StepScope; context: Context },
): (() => HostedModel) | undefined {
  const { kind, timeLimitMs, memoryLimitMb, flags, workers = navigator.hardwareConcurrency } = mechanismOf(
    MECHANISM.parse(args.mechanism ?? "inline"),
  );
  if (kind === "inline") return undefined;
  const home: ModelHome = { ...modelHome({ key, model, args }, { scope, context }), timeLimitMs };
  const options: SeatOptions = {
    home,
    context,
    clock: scope.clock,
    memoryLimitMb,
    open: kind === "process" ? processes(home, flags) : openWorker,
    what: kind === "process" ? "process" : "worker",
  };
  const losses = new Losses();
  const seat = (): Seat => {
    if (kind !== "pool") return new OwnSeat(options, losses);
    return scope.share(`model pool ${workers} ${memoryLimitMb}`, () => new Pool(workers)).seat(options);
  };
  return () => new HostedModel(key, { seat: seat(), context, className: model.name, args });
}

/** The faults of the mechanisms of a router's routes. */
export function mechanismFaults({ routes }: StepSpec): Fault[] {
  return routes.flatMap(({ key, model, args }): Fault[] => {
    const read = MECHANISM.safeParse(args.mechanism ?? "inline");
    if (!read.success) {
      const cause = `the mechanism of route "${key}" is ${JSON.stringify(args.mechanism)}`;
      const cure =
        `Say "inline", "pool", "worker" or "process", or { kind, timeLimitMs, memoryLimitMb, workers, flags }`;
      return [{ cause, cure, severity: "error" }];
    }
    const { kind } = mechanismOf(read.data);
    if (kind !== "process" && typeof read.data !== "string" && read.data.memoryLimitMb !== undefined) {
      const { memoryLimitMb } = read.data;
      return [{
        cause: `route "${key}" has a memoryLimitMb for mechanism "${kind}", whose tensors nothing limits`,
        cure: `Say { kind: "process", memoryLimitMb: ${memoryLimitMb} }, or leave memoryLimitMb out`,
        severity: "error",
      }];
    }
    if (kind !== "process" && typeof read.data !== "string" && read.data.flags !== undefined) {
      return [{
        cause: `route "${key}" has flags for mechanism "${kind}", which runs in the program's own process`,
        cure: 'Say { kind: "process", flags }, or leave flags out',
        severity: "error",
      }];
    }
    if (kind === "inline" || (isClass(model) && homeOf(model) !== undefined)) return [];
    const what = isClass(model) ? `class ${model.name || "without a name"}` : "a function";
    return [{
      cause:
        `route "${key}" runs by mechanism "${kind}", which imports its class anew, and ${what} does not say where it is`,
      cure: isClass(model)
        ? "Export the class from a module and give it there: static readonly module = import.meta.url. In a notebook, move it into a file"
        : "Make it a class with do(body), exported from a module, with static readonly module = import.meta.url",
      severity: "error",
    }];
  });
}

function modelHome(
  { key, model, args }: RouteSpec,
  { scope, context }: { scope: StepScope; context: Context },
): Omit<ModelHome, "timeLimitMs"> {
  const { mechanism: _, ...own } = args;
  const params = new Map<string, unknown>();
  const unsent = new Map<string, string>();
  for (const [name, value] of scope.params) {
    const what = notData(value, name);
    if (what === undefined) params.set(name, value);
    else unsent.set(name, what);
  }
  const { function: fn, isMock } = context;
  return { key, ...homeOf(model as Code)!, args: sentSecrets(withSecrets(own)), function: fn, isMock, params, unsent };
}
