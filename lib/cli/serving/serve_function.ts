import type { ServeOptions } from "../../functions/function_options.ts";
import type { ServingFunction } from "../../functions/serving.ts";
import { HealthPort } from "../../serve/port/health_port.ts";
import type { HttpServer } from "../../serve/port/listen.ts";
import { canRefuseNew, portsOf } from "../../serve/port/shared_port.ts";
import { checkCallers } from "../../serve/check_callers.ts";
import type { ModelChange } from "../../serve/own/change_models.ts";
import { allLimits } from "../../serve/limits/server_limits.ts";
import { readSecret } from "../../stores/read_secret.ts";
import { openLog } from "../../telemetry/log.ts";
import { openTelemetry } from "../../telemetry/telemetry.ts";
import { closeServed } from "./close_served.ts";
import { type CommandContext, CommandError, UsageError } from "../command.ts";
import { describeServed } from "./describe_served.ts";
import type { ServeWish } from "./serve_wish.ts";
import { endAtOnce, unlessAsked, untilAsked } from "../until_asked.ts";
import { WorkerSide } from "../workers/worker_side.ts";

const LOSSY =
  "  requests may be lost when a worker is replaced: workers cannot tell the kernel who gets new connections. " +
  (Deno.build.os === "linux" ? "Allow it: --allow-ffi" : "Only Linux lets them");

/** Serves a function until somebody asks to end. A bundle is served by its own copy of this. */
export async function serveFunction(
  load: () => Promise<ServingFunction>,
  wish: ServeWish,
  { terminal, signal }: CommandContext,
): Promise<number> {
  await using health = openHealth(wish);
  const started = await unlessAsked(signal, start(load, wish));
  if (started === undefined) {
    if (!wish.isWorker) terminal.out("Ended before it served.\n");
    return 0;
  }
  const { server, parent, lines, begin } = started;
  health?.watch(server);
  if (parent !== undefined) {
    const { waitsToRead } = wish;
    parent.tell({ kind: "listening", port: server.port, grpcPort: server.grpcPort, lines, waitsToRead });
    await reading(waitsToRead ? parent.mayRead : undefined);
    await closeServed(server);
    return 0;
  }
  const told = health === undefined ? [] : [`  health alone on port ${health.port}`];
  terminal.out(`${[...lines, ...told].join("\n")}\n`);
  await reading(undefined);
  endAtOnce();
  if (wish.lingerMs !== undefined) {
    terminal.out(`Ending in ${wish.lingerMs / 1_000} s: who has not heard of it yet is answered …\n`);
    await new Promise((over) => setTimeout(over, wish.lingerMs));
  }
  terminal.out(`Ending: answering what has been accepted …\n`);
  await closeServed(server);
  terminal.out("Ended.\n");
  return 0;

  /** Reads only now: whoever watches this process has heard of it, and sees when a record hangs it. Lasts until it is to end. */
  async function reading(told: Promise<void> | undefined): Promise<void> {
    const failed = Promise.withResolvers<never>();
    (async () => {
      await told;
      await begin(() => parent?.tell({ kind: "reading" }));
    })().catch(failed.reject);
    try {
      await Promise.race([untilAsked(signal), ...parent === undefined ? [] : [parent.gone], failed.promise]);
    } catch (error) {
      await server.close().catch(() => {}); // why it cannot read is told
      throw error;
    }
  }
}

/** Answers before anything is loaded: a large model takes longer than who asks is patient. */
function openHealth({ healthPort, hostname, module }: ServeWish): HealthPort | undefined {
  if (healthPort === undefined) return undefined;
  return new HealthPort({ port: healthPort, ...hostname === undefined ? {} : { hostname } }, module);
}

/** A function that is served. */
interface Started {
  readonly server: HttpServer;
  /** The process that started this one, where it is a worker. */
  readonly parent: WorkerSide | undefined;
  /** What is served where, for people. */
  readonly lines: readonly string[];
  /** Begins to read streams, and to go by schedules. */
  readonly begin: (onJoined?: () => void) => Promise<void>;
}

async function start(load: () => Promise<ServingFunction>, wish: ServeWish): Promise<Started> {
  const fn = await load();
  const tokens = wish.tokens?.map((name) => checked(() => readSecret(name)));
  checked(() => checkCallers({ tokens: tokens ?? [], cors: wish.cors ?? [] }));
  const log = openLog({ level: wish.logLevel, secrets: tokens ?? [] });
  const telemetry = await openTelemetry({ accessLog: wish.logsRequests ? log : undefined });
  const parent = wish.isWorker ? await WorkerSide.open(telemetry) : undefined;
  const currentFunction = wish.function ?? await readEnvironment("LEVADA_FUNCTION");
  let begin: Started["begin"] = () => Promise.resolve();
  const server = await fn.serve({
    ...await optionsOf(wish),
    ...(currentFunction === undefined ? {} : { currentFunction }),
    ...(parent === undefined
      ? {}
      : { changeEverywhere: (model: string, act: ModelChange) => parent.changes.changeEverywhere(model, act) }),
    ...(tokens === undefined ? {} : { tokens }),
    log,
    telemetry,
    holdReading: (given) => begin = given,
  });
  parent?.serve(server);
  const lossy = parent === undefined || canRefuseNew(portsOf(server)) ? [] : [LOSSY];
  return { server, parent, begin, lines: [...describeServed(nameOf(fn, currentFunction), server), ...lossy] };
}

/** What is served, for people. */
function nameOf({ name }: ServingFunction, currentFunction: string | undefined): string {
  return currentFunction === undefined || currentFunction === name ? name : `${currentFunction} of ${name}`;
}

/** A variable of the environment; undefined where there is none, or it may not be read. */
async function readEnvironment(variable: string): Promise<string | undefined> {
  const { state } = await Deno.permissions.query({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) || undefined : undefined;
}

async function optionsOf(wish: ServeWish): Promise<ServeOptions> {
  const { hostname, port, grpcPort, graceMs, limits, tls, cors, isWorker } = wish;
  const given = {
    hostname,
    port,
    grpcPort,
    graceMs,
    cors,
    tls: tls === undefined ? undefined : {
      cert: await readText(tls.cert),
      key: await readText(tls.key),
      clientCa: tls.clientCa === undefined ? undefined : await readText(tls.clientCa),
    },
  };
  checked(() => allLimits(limits));
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...known, limits, sharesPort: isWorker };
}

/** What is wrong with a word of the command line is told as such. */
function checked<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) {
      throw new UsageError(error.message, { cause: error });
    }
    throw error;
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new CommandError(`Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
