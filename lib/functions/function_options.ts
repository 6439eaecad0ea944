import type { ClusterSettings } from "../deploy/settings/cluster_settings.ts";
import type { ProcessSettings } from "../deploy/settings/process_settings.ts";
import type { ErrorStream } from "../flow/failures.ts";
import type { Clock } from "../graph/clock.ts";
import type { Log } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { ServerLimits } from "../serve/limits/server_limits.ts";
import type { ServerOptions } from "../serve/serve_flow.ts";
import type { LogLevel } from "../telemetry/log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** How a function, or a child, is served where it is deployed: what `levada serve` takes. */
export interface ServeSettings extends Omit<ProcessSettings, "limits" | "logLevel"> {
  /** How much each process takes before it refuses. */
  readonly limits?: ServerLimits;
  /** What is written to the log at least. Default `info`. */
  readonly logLevel?: LogLevel;
}

/** What a function or a child needs where it runs. */
export interface FunctionOptions {
  /** Packages that its code imports, `npm:wink-nlp@2.4.0`. */
  dependencies?: readonly string[];
  /** Environment variables. */
  env?: Readonly<Record<string, string>>;
  /** How a body is read that comes without a content type, `application/json`. Default: as JSON where it can be, else as text or bytes. */
  defaultContentType?: string;
  /**
   * The path of the stream that gets every failure of it that no handler took, and what steps report by `context.pushError`:
   * `local://errors?retention=7d`. Where it is served or deployed, or `queues` are real. Default: a child's are its parent's; nobody, besides
   * the log.
   */
  errorStream?: string;
  /** How it is served where it is deployed: workers, tokens, TLS, limits. */
  serve?: ServeSettings;
  /** Cores, memory (`2Gi`), and graphics cards: for a cluster; the `process` target does not look at them, and says so. */
  resources?: { cpu?: number | string; memory?: string; gpu?: number };
  /** How it runs in a cluster, beside `serve` and `resources`: for the `kubernetes` target alone. */
  cluster?: ClusterSettings;
}

/** Where a mock server runs a function, and who watches. */
export interface MockOptions {
  /** `*`, the default, runs the function and all its children; a name runs that child; `""` the function without children. */
  currentFunction?: string;
  /**
   * Where queues at the end of the graph lead: into this process, to look at by `sent` (default), or into the streams of their paths.
   * With `currentFunction`, the queues to other functions are such ends.
   */
  queues?: "memory" | "real";
  /**
   * Whether what `addTrigger` added starts the function: its streams are read, real ones too, and its schedules go by the clock. Default
   * false; where it is served or deployed, true.
   */
  triggers?: boolean;
  /** Told of each step that an event enters. */
  observe?: (step: string, event: FlowEvent) => void;
  /** Where steps and the flow write their log lines; default: the console. */
  log?: Log;
  /** The time that the flow goes by; default: the machine's. */
  clock?: Clock;
  /** What measures and traces the function, see `openTelemetry`; default: nothing, at no cost. */
  telemetry?: Telemetry;
  /** Gets every failure that no handler took, and what steps report by `context.pushError`; default: nobody, besides the log. */
  errorStream?: ErrorStream;
}

/** Where a function is served, and how much it takes. */
export interface ServeOptions extends ServerOptions, Omit<MockOptions, "observe"> {
  /** Where queues at the end of the graph lead: into the streams of their paths (default), or into this process. */
  queues?: "memory" | "real";
  /** Whether what `addTrigger` added starts the function. Default true, but with `queues: "memory"`. */
  triggers?: boolean;
  /**
   * Is given what begins to read the streams and to go by the schedules, to be called when that may be; `onJoined` is called before the
   * first record. Default: it begins once it listens.
   */
  holdReading?: (begin: (onJoined?: () => void) => Promise<void>) => void;
}
