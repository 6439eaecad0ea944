import { GraphError } from "../errors.ts";
import { consoleLog } from "../flow/console_log.ts";
import type { Plan } from "../graph/compile.ts";
import type { ApiOptions } from "../serve/api/api_options.ts";
import { checkCallers } from "../serve/check_callers.ts";
import { checkAddress, type HttpServer } from "../serve/port/listen.ts";
import { allLimits } from "../serve/limits/server_limits.ts";
import { serveFlow } from "../serve/serve_flow.ts";
import { unreachable } from "./describe_units.ts";
import { errorStreamPath } from "./error_stream.ts";
import type { ServeOptions } from "./function_options.ts";
import { isModelRouter } from "./is_model_router.ts";
import { type FunctionPart, partOf } from "./parts_of.ts";
import { startFunction } from "./start_function.ts";
import type { Unit } from "./unit.ts";
import { tellWarnings } from "./warnings.ts";

/** What is served, and how. */
export interface ServeWish {
  readonly options: ServeOptions;
  readonly api: ApiOptions | undefined;
  readonly compile: (currentFunction: string) => Plan;
}

/** Serves a function, or a part of it: behind a port, and fed by the streams of the queues that lead into the part. */
export async function serveUnit(
  unit: Unit,
  { options: { currentFunction, holdReading, ...options }, api, compile }: ServeWish,
): Promise<HttpServer> {
  const name = currentNameOf(unit, currentFunction);
  const isWhole = name === "*" || name === "";
  const plan = compile(name);
  const served = {
    ...unit.place(name),
    ...options,
    log: options.log ?? consoleLog(),
    name: isWhole ? unit.name : name,
    api: isWhole ? api : undefined,
    routes: isModelRouter(plan) ? plan.steps[0]!.spec.routes.map(({ key }) => key) : undefined,
  };
  checkAddress(served);
  checkCallers(served);
  tellWarnings(plan.warnings, options.log);
  const part = partOf(unit, { name, plan, home: name === "*" ? "memory" : "local" });
  if (part.home === "local") {
    const lost = unreachable(part, errorStreamPath(unit, part));
    if (lost.length > 0) throw new GraphError(`serve function "${served.name}" by itself`, lost);
  }
  const { flow, worker, begin } = await startFunction(unit, part, {
    isMock: false,
    isHeld: true,
    reads: options.queues !== "memory",
    triggers: options.queues !== "memory",
    queues: "real",
    limits: {},
    ...options,
  });
  const server = await serveFlow(flow, { ...served, worker, storedInMs: storedInMs(part, options) });
  if (holdReading !== undefined) holdReading(begin);
  else {
    await begin().catch(async (error) => {
      await server.close().catch(() => {});
      throw error;
    });
  }
  return server;
}

/** How long callers wait until their events are in the streams of a part that answers nothing else; undefined where it has none. */
function storedInMs(
  { plan: { hasResponder, limits }, outlets }: FunctionPart,
  options: Pick<ServeOptions, "queues" | "limits">,
): number | undefined {
  const isKept = options.queues !== "memory" && outlets.some(({ path }) => !path.startsWith("memory://"));
  return hasResponder || !isKept ? undefined : limits.timeoutMs ?? allLimits(options.limits).requestTimeoutMs;
}

/** Which part is meant: the function's own name is the function without its children. */
function currentNameOf(unit: Unit, name = "*"): string {
  return name === unit.name && !unit.children().includes(name) ? "" : name;
}
